# The QML of the window with its icons and fonts. Included by ui/desktop/CMakeLists.txt, which made the target.
target_sources(tramontane_desktop PRIVATE session/fonts.cpp session/fonts.h)
target_link_libraries(tramontane_desktop PUBLIC tramontane_markdown)

set_source_files_properties(qml/theme/Theme.qml PROPERTIES QT_QML_SINGLETON_TYPE TRUE)

file(GLOB_RECURSE qml_files CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}"
     "${CMAKE_CURRENT_SOURCE_DIR}/qml/*.qml")
list(APPEND TRAMONTANE_QML_FILES ${qml_files})

file(GLOB icons CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/resources/icons/*.svg")
file(GLOB fonts CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/resources/fonts/*.[ot]tf")
foreach(file IN LISTS icons)
  get_filename_component(name "${file}" NAME)
  set_source_files_properties("${file}" PROPERTIES QT_RESOURCE_ALIAS "icons/${name}")
endforeach()
foreach(file IN LISTS fonts)
  get_filename_component(name "${file}" NAME)
  set_source_files_properties("${file}" PROPERTIES QT_RESOURCE_ALIAS "fonts/${name}")
endforeach()
list(APPEND TRAMONTANE_QML_RESOURCES ${icons} ${fonts})
