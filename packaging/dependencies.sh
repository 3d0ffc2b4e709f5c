# Sourced by packaging/run and packaging/test: which packages a machine needs, and installs those it lacks.
# Debian 12 and Ubuntu 24.04, as root or with sudo. Everything it prints goes to stderr.

build_packages=(
  build-essential cmake ninja-build pkg-config file
  qt6-base-dev qt6-declarative-dev qt6-tools-dev qt6-tools-dev-tools qt6-l10n-tools qt6-svg-dev libgl-dev libxkbcommon-dev
  qml6-module-qtqml qml6-module-qtqml-models qml6-module-qtqml-workerscript
  qml6-module-qtquick qml6-module-qtquick-controls qml6-module-qtquick-templates qml6-module-qtquick-layouts
  qml6-module-qtquick-window qml6-module-qtquick-dialogs qml6-module-qt-labs-folderlistmodel qml6-module-qtcore
  qml6-module-qtquick-shapes qt6-translations-l10n
  libsentencepiece-dev nlohmann-json3-dev libsqlite3-dev libmd4c-dev libmd4c-html0-dev libcli11-dev
)
test_packages=(
  libgtest-dev libgmock-dev qml6-module-qttest python3 clang
  g++-aarch64-linux-gnu qemu-user-static googletest
  xvfb xauth xdotool imagemagick x11-utils dbus dbus-x11 at-spi2-core python3-gi gir1.2-atspi-2.0 python3-pyatspi
  appstream desktop-file-utils sqlite3 fonts-dejavu-core fonts-noto-core fonts-noto-color-emoji fonts-noto-cjk
)

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# install_missing PACKAGE...: returns at once where nothing is missing.
install_missing() {
  local missing=() package
  command -v dpkg-query >/dev/null ||
    die "This script knows Debian 12 and Ubuntu 24.04. Elsewhere install Qt 6.4+, CMake, Ninja, sentencepiece, nlohmann-json, SQLite, md4c and CLI11, then build with: cmake --preset release && cmake --build build"
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "Missing packages: ${missing[*]}. Run this as root, or install sudo."
    as_root=(sudo)
  fi
  say "Installing ${#missing[@]} packages: ${missing[*]}"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 || say "The package lists could not be refreshed; going on with those that are there."
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 ||
    die "The packages could not be installed: ${missing[*]}"
}

# gpu_option: for which GPUs to build, as an option of CMake: the ones of this machine or, where it has none, one of each
# kind of kernels, so that both are compiled. Without it CMake builds for all that a package serves.
gpu_option() {
  local here
  here=$(nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2>/dev/null | tr -d . | sort -u |
    awk '$1 >= 80 { print ($1 == 90 ? "90a" : $1) "-real" }' | paste -sd ';') || here=
  printf -- '-DCMAKE_CUDA_ARCHITECTURES=%s\n' "${here:-80-real;90a-real}"
}

# build_preset PRESET [CMAKE_OPTION...]: configures and builds; what is up to date is left alone.
build_preset() {
  local preset=$1
  shift
  say "Building ($preset)"
  cmake --preset "$preset" "$@" >&2 || die "Configuring '$preset' failed."
  cmake --build --preset "$preset" >&2 || die "Building '$preset' failed."
}
