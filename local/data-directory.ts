import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Where the control plane keeps what is its own, all of it readable by the owner alone. */
export const filesOf = (directory: string) => ({
  settings: join(directory, 'settings.json'),
  catalog: join(directory, 'control', 'catalog.sqlite'),
  endpoint: join(directory, 'control', 'endpoint.json'),
  identity: join(directory, 'gateway', 'identity.json'),
  enrolmentCode: join(directory, 'gateway', 'enrolment-code'),
  repository: join(directory, 'repository'),
})

/** @returns the parsed file, or `undefined` where there is none, or none that can be read as JSON */
export const readJson = async (path: string): Promise<unknown> => {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch {
    return undefined
  }
}

/** Writes a file that a reader sees whole or not at all. */
export const writePrivately = async (path: string, text: string): Promise<void> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${process.pid}`
  try {
    await writeFile(temporary, text, { mode: 0o600 })
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
