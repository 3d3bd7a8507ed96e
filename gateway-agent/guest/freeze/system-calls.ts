import { readFileSync } from 'node:fs'
import koffi from 'koffi'

/** Numbers of ioctl_fsfreeze in linux/fs.h, as x86-64 and arm64 have them: `_IOWR('X', 119, int)` and 120. */
const FIFREEZE = 0xc0045877
const FITHAW = 0xc0045878
/** errno(3): not frozen; and where another program holds it frozen already. */
export const EINVAL = 22
export const EBUSY = 16

/** What freezing takes of the kernel, by folders that were opened before. Each answers with an errno, 0 where it did it, from a thread of its own: some wait for disks. */
export interface SystemCalls {
  sync(fd: number): Promise<number>
  freeze(fd: number): Promise<number>
  thaw(fd: number): Promise<number>
  /** Keeps the program of this process in memory, so that none of it has to be read while a disk stands still. @returns errno */
  lockProgram(): number
  unlockProgram(): void
}

/** @returns none where the machine is none that the numbers are known for, or the library does not load */
export const systemCalls = (): SystemCalls | undefined => {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) return undefined
  try {
    const libc = koffi.load(null)
    const ioctl = libc.func('int ioctl(int, uint64_t, uint64_t)')
    const syncfs = libc.func('int syncfs(int)')
    const mlock = libc.func('int mlock(uint64_t, uint64_t)')
    const munlockall = libc.func('int munlockall()')
    const inThread = (call: typeof ioctl, ...given: number[]): Promise<number> =>
      new Promise((resolve, reject) => {
        call.async(...given, (error: unknown, result: number) =>
          error ? reject(error) : resolve(result === 0 ? 0 : koffi.errno()),
        )
      })
    return {
      sync: fd => inThread(syncfs, fd),
      freeze: fd => inThread(ioctl, fd, FIFREEZE, 0),
      thaw: fd => inThread(ioctl, fd, FITHAW, 0),
      lockProgram() {
        for (const [from, length] of programInMemory())
          if (mlock(from, length) !== 0) return koffi.errno()
        return 0
      },
      unlockProgram: () => void munlockall(),
    }
  } catch {
    return undefined
  }
}

/** Where files are mapped, with what may be run and read of them (proc(5), maps). The memory of the engine is left alone: it gives parts of it back, which locked memory refuses. */
const programInMemory = (): [bigint, bigint][] =>
  readFileSync('/proc/self/maps', 'latin1')
    .split('\n')
    .flatMap(line => {
      const [, from = '', to = '', path = ''] =
        /^([0-9a-f]+)-([0-9a-f]+) r\S+ \S+ \S+ \S+ +(\/.*)$/.exec(line) ?? []
      if (path === '' || path.startsWith('/dev/')) return []
      const start = BigInt(`0x${from}`)
      return [[start, BigInt(`0x${to}`) - start]]
    })
