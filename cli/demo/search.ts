import type { Dirent } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

const filesBelow = async (folder: string): Promise<string[]> => {
  const entries: Dirent[] = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
}

/** @returns how many files and bytes there are below `folder`, and the first file that holds `needle` */
export const searchFiles = async (
  folder: string,
  needle: Buffer,
): Promise<{ files: number; bytes: number; found: string | undefined }> => {
  const paths = await filesBelow(folder)
  let bytes = 0
  let found: string | undefined
  for (const path of paths) {
    // Packs are 32 MiB: whole files fit in memory.
    const content = await readFile(path)
    bytes += content.length
    if (content.includes(needle)) found ??= path
  }
  return { files: paths.length, bytes, found }
}

/** @returns bytes that the files below `folder` take on disk; holes take none */
export const diskUsage = async (folder: string): Promise<number> => {
  const stats = await Promise.all(
    (await filesBelow(folder)).map(path => stat(path).catch(() => undefined)),
  )
  return stats.reduce((sum, file) => sum + (file ? file.blocks * 512 : 0), 0)
}
