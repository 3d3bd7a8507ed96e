import { chmod, mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { syncDirectory } from '#adapters/fs/durable-folders.ts'

/** Replaces a file in one step, readable by its owner only, so that a power cut does not take it back. */
export const replacePrivateFile = async (file: string, text: string): Promise<void> => {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const draft = `${file}.new`
  await writeFile(draft, text, { mode: 0o600, flush: true })
  await chmod(draft, 0o600) // a draft of a former crash keeps its own mode
  await rename(draft, file)
  await syncDirectory(dirname(file))
}
