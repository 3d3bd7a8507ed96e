import { open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** @returns bytes of all files below a folder */
export const sizeOf = async (folder: string): Promise<number> => {
  let size = 0
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile()) size += (await stat(join(entry.parentPath, entry.name))).size
  return size
}

const PART = 4 * 1024 * 1024 // bytes

/** @returns whether two files hold the same bytes */
export const sameBytes = async (a: string, b: string): Promise<boolean> => {
  await using one = await open(a)
  await using other = await open(b)
  const [left, right] = [Buffer.alloc(PART), Buffer.alloc(PART)]
  while (true) {
    const [{ bytesRead: n }, { bytesRead: m }] = await Promise.all([
      one.read(left, 0, PART),
      other.read(right, 0, PART),
    ])
    if (n !== m || !left.subarray(0, n).equals(right.subarray(0, n))) return false
    if (n === 0) return true
  }
}
