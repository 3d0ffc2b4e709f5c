# The QML files of the module, one component a line.
set(TRAMONTANE_QML_FILES
  qml/Main.qml)
