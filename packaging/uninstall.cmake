# Removes what the last `cmake --install` from this build directory installed, as its manifest lists it, and directories
# of Headroom that are empty then. Configuration is not in the manifest: it belongs to the operator.
if(NOT EXISTS ${manifest})
    message(FATAL_ERROR "${manifest} does not exist: nothing was installed from this build directory")
endif()

file(STRINGS ${manifest} files)
set(dirs)
foreach(file IN LISTS files)
    message(STATUS "Removing: $ENV{DESTDIR}${file}")
    file(REMOVE $ENV{DESTDIR}${file})
    cmake_path(GET file PARENT_PATH dir)
    while(dir MATCHES "/headroom(/|$)")
        list(APPEND dirs ${dir})
        cmake_path(GET dir PARENT_PATH dir)
    endwhile()
endforeach()

# Deeper ones first.
list(REMOVE_DUPLICATES dirs)
list(SORT dirs ORDER DESCENDING)
foreach(dir IN LISTS dirs)
    file(GLOB left $ENV{DESTDIR}${dir}/*)
    if(NOT left)
        file(REMOVE_RECURSE $ENV{DESTDIR}${dir})
    endif()
endforeach()
