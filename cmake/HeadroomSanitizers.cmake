# HEADROOM_SANITIZE: a list for -fsanitize=, for example "address,undefined". Empty: none.
set(HEADROOM_SANITIZE "" CACHE STRING "Sanitizers to build with")
if(HEADROOM_SANITIZE)
    add_compile_options(-fsanitize=${HEADROOM_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${HEADROOM_SANITIZE})
endif()
