import { execFileSync } from 'node:child_process'

/** What find(1), which somebody else wrote, says of a folder and all in it: type, permissions, owners, size, time to the nanosecond, names of the file, target. */
export const listing = (folder: string): string[] =>
  execFileSync('find', ['.', '-printf', '%P|%y|%m|%U|%G|%s|%T@|%n|%l\\n'], {
    cwd: folder,
    encoding: 'latin1',
  })
    .trim()
    .split('\n')
    // Size and names of a folder are the file system's own affair.
    .map(line => line.replace(/^(.*\|d\|\d+\|\d+\|\d+\|)\d+(\|[^|]*\|)\d+/, '$1$2'))
    .sort()

/** SHA-256 of every file, by sha256sum(1). */
export const sums = (folder: string): string[] =>
  execFileSync('sh', ['-c', 'find . -type f -print0 | sort -z | xargs -0 -r sha256sum'], {
    cwd: folder,
    encoding: 'latin1',
  })
    .trim()
    .split('\n')
