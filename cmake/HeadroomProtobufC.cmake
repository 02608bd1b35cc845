# headroom_protobuf_c(TARGET FILE.proto): a static library of what protoc-c makes of the file, in the build tree.
find_program(PROTOC_C protoc-c REQUIRED)

function(headroom_protobuf_c target proto)
    get_filename_component(name ${proto} NAME_WE)
    set(generated ${CMAKE_CURRENT_BINARY_DIR}/generated)
    file(MAKE_DIRECTORY ${generated})
    add_custom_command(
        OUTPUT ${generated}/${name}.pb-c.c ${generated}/${name}.pb-c.h
        COMMAND ${PROTOC_C} --proto_path=${CMAKE_CURRENT_SOURCE_DIR} --c_out=${generated} ${proto}
        DEPENDS ${proto}
        VERBATIM)
    add_library(${target} STATIC ${generated}/${name}.pb-c.c ${generated}/${name}.pb-c.h)
    target_include_directories(${target} SYSTEM PUBLIC ${generated})
    target_link_libraries(${target} PUBLIC PkgConfig::PROTOBUF_C)
endfunction()
