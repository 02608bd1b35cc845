# The Debian 12 packages that Headroom needs, and how they are installed. Sourced by the other scripts.

build_packages=(
    gcc libc6-dev cmake ninja-build pkg-config
    libuv1-dev libprotobuf-c-dev protobuf-c-compiler libsystemd-dev uthash-dev
    libmicrohttpd-dev libjansson-dev libgnutls28-dev libcurl4-openssl-dev libsnappy-dev libzstd-dev
    libncurses-dev
)

test_packages=(
    "${build_packages[@]}"
    check clang libclang-rt-14-dev clang-format clang-tidy valgrind git ca-certificates
    curl openssl                                     # HTTPS
    jq                                               # the examples of packaging/alerts
    hcloud-cli                                       # the hook hetzner-servers, with a simulated API
    debootstrap systemd-container iproute2           # booted systems
    lxcfs                                            # files of /proc that hang
    man-db groff-base mandoc zsh                     # manual pages and completions
    nodejs chromium                                  # the page in a browser
    prometheus victoria-metrics                      # scrape, promtool, remote write
    python3 python3-yaml
    python3-protobuf protobuf-compiler               # another agent
    python3-psutil python3-pandas python3-sklearn    # comparison with other tools
    busybox-static                                   # another shell for the hooks
    slurmctld slurmd slurm-client munge              # a Slurm on loopback
    tmux                                             # programs that use a terminal
    tzdata                                           # the time zones of schedules
    zstd                                             # zstdcat
)

# The test in a virtual machine, of scripts/test-vm: 90 MB installed.
vm_packages=(qemu-system-x86 busybox-static cpio file)

# The Debian packages, of scripts/package. podman, crun: the test of the images, of scripts/oci.
package_packages=(debhelper dpkg-dev lintian podman crun)

# Optional: bench/run and bench/agent compare with these programs, and bench/page sends requests with wrk.
bench_packages=(python3-fastapi uvicorn collectd-core netdata wrk)

# install_packages PACKAGE...: installs missing packages without prompts.
install_packages() {
    local missing=() package
    for package in "$@"; do
        dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "These packages are missing and need root to install: ${missing[*]}" >&2
            return 1
        fi
        as_root=(sudo)
    fi
    echo "Installing ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Installs the npm packages for the browser tests, in the locked versions, into the build directory.
install_browser_modules() {
    command -v npm >/dev/null || install_packages npm # included in NodeSource's nodejs, not in Debian's
    mkdir -p build/browser
    cmp -s tests/browser/package-lock.json build/browser/node_modules/.headroom-lock && return 0
    cp tests/browser/package.json tests/browser/package-lock.json build/browser/
    npm ci --prefix build/browser --silent --no-audit --no-fund
    cp tests/browser/package-lock.json build/browser/node_modules/.headroom-lock
}

# Unpacks Debian's kernel for virtual machines into the build directory, without installing it.
get_vm_kernel() {
    compgen -G "build/vm/boot/vmlinuz-*" >/dev/null && return 0
    local package
    package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: //p' | head -n 1)
    mkdir -p build/vm
    (
        cd build/vm
        apt-get download -qq "$package"
        dpkg -x "$package"_*.deb .
        rm "$package"_*.deb
    )
}
