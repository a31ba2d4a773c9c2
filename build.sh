#!/usr/bin/env bash
# The one way in: ./build.sh run | test | check | soak | bench | pack | pictures | build | format | help
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
configuration=${CONFIGURATION:-Release}
results=artifacts/test-results

usage() {
  cat <<'EOF'
./build.sh run [ARGS]       build, and start samples/WebApp on epoll (ARGS go to it: --transport sockets, --urls …)
./build.sh test [NAME]      build with warnings as errors, and run every test; NAME narrows to one transport
                            (sockets, epoll, …), to "files", to "bench", to "hostile": the category of that name in
                            every project, or to "packages": packs, and publishes the sample trimmed, as a single file
                            and by NativeAOT (minutes; not part of a test without NAME)
./build.sh check            build, run every test, and check the formatting meanwhile
./build.sh soak [ARGS]      load for a long time with faults injected, every byte checked, memory, threads and descriptors
                            watched: --minutes N --transport NAME; also: churn, idle, expiry, seeds (--help lists all)
./build.sh bench [ARGS]     run the short benchmarks; ARGS are passed to bench (ab, arena, models, files, report; --help)
./build.sh bench micro      measure one readiness event of each poller, by BenchmarkDotNet
./build.sh pack [VERSION] [FOLDER]
                            make the NuGet packages in FOLDER (artifacts/packages)
./build.sh pictures         make the pictures of the README: the live page of samples/WebApp, by Chromium
./build.sh build            build everything
./build.sh format           check the formatting: dotnet format, lines of at most 140 columns, libc imports in Interop/ only
EOF
}

say() { printf '%s\n' "$*" >&2; }

# want COMMAND PACKAGE: make a tool present where apt may install it; otherwise say what will be skipped.
want() {
  command -v "$1" >/dev/null 2>&1 && return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    say "build.sh: installing $2 (for $1)"
    if ! DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null 2>&1; then
      apt-get update -qq >/dev/null 2>&1 || true
      DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2" >/dev/null 2>&1 || true
    fi
  fi
  command -v "$1" >/dev/null 2>&1 || say "build.sh: $1 is not here and could not be installed (apt package $2): what needs it is skipped"
}

need_sdk() {
  command -v dotnet >/dev/null 2>&1 || { say "build.sh: the .NET 10 SDK is needed (https://dotnet.microsoft.com/download)"; exit 1; }
}

# A folder to try downloads in: half a gigabyte that no compression shrinks, made once.
sample_files() {
  local folder=artifacts/files
  [ -s "$folder/large.bin" ] && return 0
  say "build.sh: making $folder/large.bin (512 MiB)"
  mkdir -p "$folder"
  head -c 512M /dev/urandom > "$folder/large.bin.part" && mv "$folder/large.bin.part" "$folder/large.bin"
  echo "hello from a file" > "$folder/hello.txt"
}

# build_for_tests NAME: the tools of the tests, and everything built. What is to be installed is installed meanwhile.
build_for_tests() {
  local name=$1 tools built=0
  install_tools "$name" &
  tools=$!
  dotnet build Transports.sln -c "$configuration" -warnaserror -warnnotaserror:NU1900 --nologo -v quiet || built=1
  wait "$tools" || true
  return $built
}

install_tools() {
  want gcc gcc
  [ -e /usr/include/stdio.h ] || want cc libc6-dev
  want curl curl
  case "$1" in ""|bench) want chromium chromium ;; esac
  if [ "$1" = packages ]; then
    [ -e /usr/include/zlib.h ] || want zlib.h zlib1g-dev
    [ -e /lib/ld-musl-x86_64.so.1 ] || want ld-musl musl
  fi
}

run_tests() {
  local name=${1:-} projects=() filter=() failed=0 project
  case "$name" in
    "") ;;
    files) projects=(test/FileAio.Tests) ;;
    bench) projects=(test/Bench.Tests) ;;
    packages) projects=(test/Packages.Tests) ;;
    hostile)
      mapfile -t projects < <(grep -rlE --include='*.cs' 'Trait\("Category", *"Hostile"\)' test | cut -d/ -f1,2 | sort -u)
      filter=(--filter "Category=Hostile")
      [ ${#projects[@]} -gt 0 ] || { say "build.sh: no test is in the category Hostile"; return 1; } ;;
    *) projects=(test/Transport.Tests); export TRANSPORT_UNDER_TEST=$name ;;
  esac
  build_for_tests "$name" || return 1
  rm -rf "$results"
  mkdir -p "$results"
  if [ -z "$name" ]; then
    run_every_test
    return
  fi

  for project in "${projects[@]}"; do
    run_project "$project" "${project##*/}" "${filter[@]}" || failed=1
  done
  return $failed
}

# Two test hosts at a time: the tests wait for most of their time. Those of the transports take as long as all others together, so the
# hostile ones, most of which limit a process of their own, run after the other projects.
run_every_test() {
  local failed=0 transports project
  # A job in the background ignores the interrupt of a terminal: another signal ends it, and what it has started.
  trap 'trap "" TERM; kill -TERM 0; exit 130' INT
  run_project test/Transport.Tests Transport.Tests --filter "Category!=Hostile" >"$results/Transport.Tests.log" 2>&1 &
  transports=$!
  while read -r project; do
    run_project "$project" "${project##*/}" </dev/null || failed=1
  done < <(find test -mindepth 1 -maxdepth 1 -name '*.Tests' ! -name Transport.Tests ! -name Packages.Tests | sort)
  run_project test/Transport.Tests Transport.Tests.Hostile --filter "Category=Hostile" || failed=1
  wait "$transports" || failed=1
  cat "$results/Transport.Tests.log"
  return $failed
}

# run_project FOLDER NAME [FILTER…]: the tests of one project, their results as NAME.trx.
run_project() {
  local folder=$1 name=$2
  shift 2
  dotnet test "$folder/${folder##*/}.csproj" -c "$configuration" --no-build --nologo \
    --logger "trx;LogFileName=$name.trx" --results-directory "$results" "$@"
}

# Every test, and the format check meanwhile, at the lower priority. Both statuses are left in files beside the results.
check() {
  local tests=0 format=0 checking
  rm -rf "$results"
  build_for_tests "" || { echo "The build failed."; tests=1; }
  mkdir -p "$results"
  nice -n 10 ./build.sh format --no-restore >"$results/format.log" 2>&1 &
  checking=$!
  if [ "$tests" -eq 0 ]; then
    run_every_test || tests=$?
  fi

  wait "$checking" || format=$?
  cat "$results/format.log"
  echo "$tests" >"$results/tests.status"
  echo "$format" >"$results/format.status"
  return $((tests != 0 || format != 0))
}

check_line_length() {
  local long
  long=$(git ls-files -- '*.cs' | LC_ALL=C.UTF-8 xargs -d '\n' grep -HcP '^.{141,}' | grep -v ':0$' || true)
  [ -z "$long" ] && return 0
  say "build.sh: lines of more than 140 columns (file:lines):"
  say "$long"
  return 1
}

check_libc_imports() {
  local outside
  outside=$(git ls-files -- '*.cs' | grep -v '/Interop/' | xargs -d '\n' grep -nE '(Dll|Library)Import\("libc' || true)
  [ -z "$outside" ] && return 0
  say "build.sh: libc is imported outside of a folder Interop:"
  say "$outside"
  return 1
}

# The quick checks first; all of them are made, so that one run names everything.
check_format() {
  local failed=0
  check_line_length || failed=1
  check_libc_imports || failed=1
  dotnet format Transports.sln --verify-no-changes "$@" || failed=1
  return $failed
}

command=${1:-help}
[ $# -gt 0 ] && shift
case "$command" in
  run)
    need_sdk
    dotnet build samples/WebApp/WebApp.csproj -c "$configuration" --nologo -v quiet
    sample_files
    exec dotnet "samples/WebApp/bin/$configuration/net10.0/WebApp.dll" --files artifacts/files "$@" ;;
  test) need_sdk; run_tests "$@" ;;
  check) need_sdk; check ;;
  bench)
    need_sdk
    if [ "${1:-}" = micro ]; then
      shift
      dotnet build bench/Micro/Micro.csproj -c "$configuration" --nologo -v quiet
      exec dotnet "bench/Micro/bin/$configuration/net10.0/Micro.dll" "$@"
    fi
    want wrk wrk; want h2load nghttp2-client; want nginx nginx-light; want perf linux-perf
    dotnet build samples/WebApp/WebApp.csproj -c "$configuration" --nologo -v quiet
    dotnet build samples/Arena/Arena.csproj -c "$configuration" --nologo -v quiet
    dotnet build bench/Bench.csproj -c "$configuration" --nologo -v quiet
    exec dotnet "bench/bin/$configuration/net10.0/Bench.dll" "$@" ;;
  pack)
    need_sdk
    dotnet build tools/PublicDocs/PublicDocs.csproj -c "$configuration" --nologo -v quiet
    packages=${2:-artifacts/packages}
    [ $# -ge 2 ] || rm -rf "$packages"
    # Intermediate files of its own: the XML documentation of a package lacks internal types, which the tests of the documentation need.
    for project in src/*/*.csproj; do
      dotnet pack "$project" -c "$configuration" --nologo -v quiet -o "$packages" --artifacts-path artifacts/pack ${1:+-p:Version="$1"} \
        -p:PublicDocsTool="$PWD/tools/PublicDocs/bin/$configuration/net10.0/PublicDocs.dll"
    done
    ls "$packages" ;;
  soak)
    need_sdk; want gcc gcc
    dotnet build test/Soak/Soak.csproj -c "$configuration" --nologo -v quiet
    exec dotnet "test/Soak/bin/$configuration/net10.0/Soak.dll" "$@" ;;
  pictures)
    need_sdk; want chromium chromium
    dotnet build test/Bench.Tests/Bench.Tests.csproj -c "$configuration" --nologo -v quiet
    UPDATE_PICTURES=1 dotnet test test/Bench.Tests/Bench.Tests.csproj -c "$configuration" --no-build --nologo --filter "FullyQualifiedName~Make_the_pictures" ;;
  build) need_sdk; dotnet build Transports.sln -c "$configuration" -warnaserror -warnnotaserror:NU1900 --nologo ;;
  format) need_sdk; check_format "$@" ;;
  help|-h|--help) usage ;;
  *) say "build.sh: '$command' is not one of run, test, check, soak, bench, pack, pictures, build, format, help"; usage >&2; exit 2 ;;
esac
