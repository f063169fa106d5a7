# glibc, while no one has set these: keep memory that was freed. By itself it gives large blocks back after each
# training step and takes them again, page by page (docs/performance.md); other C libraries do not read these
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-1}" MALLOC_MMAP_MAX_="${MALLOC_MMAP_MAX_:-0}"
export MALLOC_TRIM_THRESHOLD_="${MALLOC_TRIM_THRESHOLD_:-100000000000}"
