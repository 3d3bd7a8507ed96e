import { readFile, stat, statfs } from 'node:fs/promises'

const SHARED = '/dev/shm'
const ROOM = 1024 ** 3 // bytes: four kernels may be at work at once

/**
 * Where the kernel keeps its memory, a file without a name: what it reads of the guest is in it, in clear text. In the memory of this machine where that lets a kernel run
 * (not in a container that gives it 64 MiB and `noexec`), else on the disk that holds /tmp.
 * @param mounts as /proc/self/mounts has them: proc_pid_mounts(5)
 */
export const memoryFolder = async (mounts?: string, room = roomIn): Promise<string> => {
  const all = (mounts ?? (await readFile('/proc/self/mounts', 'utf8'))).split('\n')
  const [, , type, options = ''] =
    all.findLast(line => line.split(' ')[1] === SHARED)?.split(' ') ?? []
  const refused = options.split(',').some(option => option === 'noexec' || option === 'ro')
  if (type !== 'tmpfs' || refused) return '/tmp'
  return (await room(SHARED)) < ROOM ? '/tmp' : SHARED
}

const EVERYBODY = 0o777

/** @returns bytes that anybody may write; 0 where not everybody may */
const roomIn = async (folder: string): Promise<number> => {
  if (((await stat(folder)).mode & EVERYBODY) !== EVERYBODY) return 0
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
