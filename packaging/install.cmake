# The part of `cmake --install` that depends on the final prefix, which --prefix may have changed: the units contain the
# paths of the programs and of their configuration. Configuration belongs to the operator: an existing file is not
# replaced, and none is in the manifest, by which uninstall.cmake removes files.
function(absolute variable dir)
    cmake_path(ABSOLUTE_PATH dir BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX} NORMALIZE)
    set(${variable} ${dir} PARENT_SCOPE)
endfunction()

function(install_new source dir name)
    if(EXISTS $ENV{DESTDIR}${dir}/${name})
        message(STATUS "Not replaced: $ENV{DESTDIR}${dir}/${name}")
    else()
        message(STATUS "Installing: $ENV{DESTDIR}${dir}/${name}")
        configure_file(${source} $ENV{DESTDIR}${dir}/${name} COPYONLY)
    endif()
endfunction()

absolute(HEADROOM_BIN_DIR ${bin_dir})
absolute(HEADROOM_DOC_DIR ${doc_dir})
absolute(HEADROOM_ETC_DIR ${etc_dir})
if(HEADROOM_ETC_DIR STREQUAL "/usr/etc") # as GNUInstallDirs sets it
    set(HEADROOM_ETC_DIR /etc)
endif()

foreach(unit IN ITEMS headroom-collector.service headroom-agent.service headroom-forward@.service)
    configure_file(${source_dir}/${unit}.in ${made_dir}/${unit} @ONLY)
    file(INSTALL DESTINATION ${CMAKE_INSTALL_PREFIX}/lib/systemd/system TYPE FILE FILES ${made_dir}/${unit})
endforeach()
install_new(${source_dir}/headroom.conf ${HEADROOM_ETC_DIR}/headroom headroom.conf)
install_new(${source_dir}/headroom-agent.default ${HEADROOM_ETC_DIR}/default headroom-agent)
