import { expect, test } from 'vitest'
import { memoryFolder } from '#guest-files/memory-folder.ts'

const GiB = 1024 ** 3
const ROOT = '/dev/vda / ext4 rw 0 0\n'

test.each([
  ['memory', 'tmpfs /dev/shm tmpfs rw,nosuid,nodev 0 0', 2 * GiB, '/dev/shm'],
  ['memory of a container', 'shm /dev/shm tmpfs rw,nosuid,nodev,noexec 0 0', 2 * GiB, '/tmp'],
  ['memory that is nearly full', 'tmpfs /dev/shm tmpfs rw 0 0', GiB - 1, '/tmp'],
  ['a disk', '/dev/vdb /dev/shm ext4 rw 0 0', 2 * GiB, '/tmp'],
  [
    'what was mounted over it last',
    'tmpfs /dev/shm tmpfs rw 0 0\n/dev/vdb /dev/shm ext4 rw 0 0',
    2 * GiB,
    '/tmp',
  ],
  ['nothing', '', 2 * GiB, '/tmp'],
])('the kernel’s memory, where /dev/shm is %s', async (_, mount, room, folder) => {
  expect(await memoryFolder(`${ROOT}${mount}\n`, async () => room)).toBe(folder)
})
