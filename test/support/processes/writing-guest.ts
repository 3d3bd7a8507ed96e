import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/*
 * The agent in a guest whose every thread for files is at work all the time on the disk that may be frozen, as in the middle of a backup of its own.
 * XENKEEP_TEST_WRITES: the folder.
 */
const folder = process.env.XENKEEP_TEST_WRITES ?? ''
let open = 0
setInterval(() => {
  // Twice as many as libuv has threads.
  for (; open < 8; open++)
    void writeFile(join(folder, `busy-${open}`), 'x').finally(() => {
      open--
    })
}, 50).unref()
await import('#gateway-agent/main.ts')
