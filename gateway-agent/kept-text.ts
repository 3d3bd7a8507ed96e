import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A line of text in a file, replaced as a whole; the last of several savings stands, whoever asks for them at once. */
export const keptText = (file: string) => {
  let before: Promise<unknown> = Promise.resolve()
  const replace = async (text: string): Promise<void> => {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await writeFile(`${file}.new`, `${text}\n`, { mode: 0o600, flush: true })
    await rename(`${file}.new`, file)
  }
  return {
    /** @returns nothing where nothing was kept */
    async load(): Promise<string | undefined> {
      const text = await readFile(file, 'utf8').catch(() => '')
      return text.trim() || undefined
    },
    save(text: string): Promise<void> {
      const saved = before.then(() => replace(text))
      before = saved.catch(() => {})
      return saved
    },
  }
}

export type KeptText = ReturnType<typeof keptText>
