# headroom_library(NAME SOURCES... [LINK LIBRARIES...]): one of our static libraries, held to the warnings.
# headroom_program(NAME SOURCES... [LINK LIBRARIES...]): likewise a program, installed.
function(headroom_compile target)
    target_compile_options(${target} PRIVATE ${HEADROOM_WARNINGS})
    target_compile_definitions(${target} PRIVATE _GNU_SOURCE HEADROOM_VERSION="${PROJECT_VERSION}")
    target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/src)
endfunction()

function(headroom_library name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINK")
    add_library(${name} STATIC ${arg_UNPARSED_ARGUMENTS})
    target_link_libraries(${name} PUBLIC ${arg_LINK})
    headroom_compile(${name})
endfunction()

function(headroom_program name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "LINK")
    add_executable(${name} ${arg_UNPARSED_ARGUMENTS})
    target_link_libraries(${name} PRIVATE ${arg_LINK})
    # Libraries of which nothing is used would be loaded all the same, and be resident.
    target_link_options(${name} PRIVATE LINKER:--as-needed)
    headroom_compile(${name})
    install(TARGETS ${name} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()
