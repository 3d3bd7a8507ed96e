import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openSqliteCatalog } from '#adapters/fs/catalog.ts'
import { controlProcess } from '#test/support/control-process.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'xenkeep-start-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

/** Starts where the start must fail, and gives back what was said and the exit code. */
const failToStart = (settings: unknown, data = directory) => {
  const text = typeof settings === 'string' ? settings : JSON.stringify(settings)
  writeFileSync(join(directory, 'settings.json'), text)
  const { status, stderr } = spawnSync(process.execPath, ['local/main.ts', '--data', data], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  return { status, said: stderr.replaceAll(directory, 'DIR').trim() }
}

test.each([
  ['{', 'The settings in DIR/settings.json cannot be used: it is not JSON.'],
  [
    { control: { prot: 1 } },
    'The settings in DIR/settings.json cannot be used: control: Unrecognized key: "prot".',
  ],
  [
    { control: { port: 70_000 } },
    'The settings in DIR/settings.json cannot be used: control.port: Too big: expected number to be <=65535.',
  ],
])('settings %j stop the start with the member that is wrong', (settings, sentence) => {
  expect(failToStart(settings)).toEqual({
    status: 2,
    said: `${sentence} Correct the named setting and start again. (SETTINGS_INVALID)`,
  })
})

test('a port that another program uses stops the start, and says what to do', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  const { status, said } = failToStart({ control: { port } })
  other.close()
  expect(status).toBe(2)
  expect(said).toBe(
    `The port ${port} on 127.0.0.1 is used by another program. Stop the other program (perhaps another "xenkeep up"), or set control.port in settings.json to a free port. (PORT_TAKEN)`,
  )
})

test('a catalog of a newer XenKeep is left alone', () => {
  const file = join(directory, 'control', 'catalog.sqlite')
  openSqliteCatalog(file).close()
  const db = new DatabaseSync(file)
  db.exec('PRAGMA user_version = 99')
  db.close()
  const { status, said } = failToStart({ control: { port: 0 } })
  expect(status).toBe(2)
  expect(said).toContain('has format 99')
  expect(said).toContain('(CATALOG_TOO_NEW)')
})

test('a data directory that cannot be one is refused', () => {
  writeFileSync(join(directory, 'file'), '')
  const { status, said } = failToStart({}, join(directory, 'file'))
  expect(status).toBe(2)
  expect(said).toMatch(/\((SETTINGS_INVALID|CATALOG_DENIED|DATA_DIRECTORY_UNUSABLE)\)$/)
})

test("a second control plane on the same directory is refused; files are the owner's alone", async () => {
  const control = controlProcess()
  await control.start()
  try {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['local/main.ts', '--data', control.directory],
      { encoding: 'utf8', timeout: 20_000 },
    )
    expect({ status, stderr }).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('(DATA_DIRECTORY_TAKEN)'),
    })
    await expect.poll(() => control.enrolmentCode()).toMatch(/^([0-9A-Z]{5}-){3}[0-9A-Z]{5}$/)
    for (const file of [
      'control/endpoint.json',
      'control/catalog.sqlite',
      'gateway/enrolment-code',
    ])
      expect(statSync(join(control.directory, file)).mode & 0o777, file).toBe(0o600)
  } finally {
    await control.dispose()
  }
})

test('stops in good order when the process that started it is gone', async () => {
  writeFileSync(join(directory, 'settings.json'), JSON.stringify({ control: { port: 0 } }))
  const child = fork('local/main.ts', ['--data', directory], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  if (!child.stdout) throw new Error('expected an output')
  await once(child.stdout, 'data')
  child.disconnect()
  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
  expect(existsSync(join(directory, 'control', 'endpoint.json'))).toBe(false)
})
