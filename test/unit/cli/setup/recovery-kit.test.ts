import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { kitInFile } from '#cli/setup/recovery-kit.ts'
import { cliHost } from '#test/support/cli-host.ts'

const kit = { text: 'the kit\n' } as Parameters<typeof kitInFile>[1]

const newFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'xenkeep-kit-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

const listening = () => {
  const told: string[] = []
  const stderr = { write: (text: string) => told.push(text) > 0, isTTY: false }
  return { host: { ...cliHost().host, stderr }, told }
}

test('a kit goes to the file that was asked for, for its owner alone', async () => {
  const file = join(await newFolder(), 'kit')
  const { host, told } = listening()
  expect(await kitInFile(host, kit, file)).toBe(file)
  expect(await readFile(file, 'utf8')).toBe('the kit\n')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  expect(told).toEqual([])
})

test('a kit whose file cannot be written is shown instead, and the reason is told', async () => {
  const folder = await newFolder()
  const file = join(folder, 'a folder')
  await mkdir(file)
  const { host, told } = listening()
  expect(await kitInFile(host, kit, file)).toBeUndefined()
  expect(told.join('')).toContain(
    `could not be written to ${file} (EISDIR), so it is shown instead`,
  )
  expect(await readdir(folder)).toEqual(['a folder'])
})
