# cplae_room(<name> SOURCES a.cpp ... USES <rooms and interface targets> [PRIVATE_USES <targets>])
# One library a room. USES of public headers are public; libraries seen only by .cpp files are private.
function(cplae_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;USES;PRIVATE_USES" ${ARGN})
  add_library(cplae_${name} STATIC ${ROOM_SOURCES})
  target_include_directories(
    cplae_${name}
    PUBLIC "${PROJECT_SOURCE_DIR}/include"
    PRIVATE "${PROJECT_SOURCE_DIR}/src" "${CMAKE_CURRENT_SOURCE_DIR}")
  target_link_libraries(
    cplae_${name}
    PUBLIC ${ROOM_USES}
    PRIVATE cplae_warnings ${ROOM_PRIVATE_USES})
endfunction()
