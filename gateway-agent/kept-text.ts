import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A line of text in a file, replaced as a whole. */
export const keptText = (file: string) => ({
  /** @returns nothing where nothing was kept */
  async load(): Promise<string | undefined> {
    const text = await readFile(file, 'utf8').catch(() => '')
    return text.trim() || undefined
  },
  async save(text: string): Promise<void> {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await writeFile(`${file}.new`, `${text}\n`, { mode: 0o600 })
    await rename(`${file}.new`, file)
  },
})
