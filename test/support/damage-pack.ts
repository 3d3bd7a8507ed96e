import { chmod, open, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** Turns one bit round in the largest data pack of a repository in a directory, inside its first record. */
export const damageLargestPack = async (repository: string): Promise<void> => {
  const names = await readdir(join(repository, 'packs'), { recursive: true })
  const packs = await Promise.all(
    names.map(async name => {
      const path = join(repository, 'packs', name)
      const found = await stat(path)
      return { path, size: found.isFile() ? found.size : 0 }
    }),
  )
  const [largest] = packs.sort((a, b) => b.size - a.size)
  if (!largest) throw new Error('The repository has no pack.')
  await chmod(largest.path, 0o600)
  await using pack = await open(largest.path, 'r+')
  const byte = Buffer.alloc(1)
  await pack.read(byte, 0, 1, 200)
  await pack.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, 200)
}
