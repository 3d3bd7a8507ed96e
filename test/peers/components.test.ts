import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SimulatedPool, simulatedPool } from '#test/support/simulated-pool.ts'
import { describeWithTools } from '#test/support/tools.ts'

const run = promisify(execFile)

let pool: SimulatedPool
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peers-components-'))
  pool = await simulatedPool({
    vms: [{ name: '<odd> & name with  spaces', disks: [] }],
    running: false,
  })
})

afterAll(async () => {
  await pool?.close()
  await rm(folder, { recursive: true, force: true })
})

/** What a handler sends, as a file. */
const download = async (path: string, query = ''): Promise<string> => {
  const response = await fetch(`${pool.url}${path}?session_id=${pool.session}${query}`)
  expect(response.status).toBe(200)
  const file = join(folder, path.replaceAll('/', '-'))
  await writeFile(file, Buffer.from(await response.arrayBuffer()))
  return file
}

describeWithTools(['xmllint', 'tar'], 'what the simulated pool tells of itself', () => {
  test('the database is XML to xmllint, with a row for every object', async () => {
    const file = await download('/pool/xmldbdump')
    await run('xmllint', ['--noout', file])
    const ask = async (xpath: string) => (await run('xmllint', ['--xpath', xpath, file])).stdout
    expect(await ask('count(/database/table[@name="host"]/row)')).toBe('1\n')
    expect(await ask('string(/database/manifest/pair[@key="schema_major_vsn"]/@value)')).toBe('5\n')
    const names = '/database/table[@name="VM"]/row/@name__label'
    expect(await ask(`count(${names}[. = "<odd>%.&%.name%.with%.%.spaces"])`)).toBe('1\n')
  })

  test('host backup and VM records are archives to tar', async () => {
    const backup = await run('tar', ['-tf', await download('/host_backup')])
    expect(backup.stdout.split('\n')).toContain('etc/xensource-inventory')
    const records = await download('/export_metadata', '&all=true')
    expect((await run('tar', ['-tf', records])).stdout).toBe('ova.xml\n')
    await run('tar', ['-xf', records, '-C', folder])
    await run('xmllint', ['--noout', join(folder, 'ova.xml')])
  })
})
