import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { EMPTY, type Head, link } from '#core/audit/chain.ts'
import type { AuditRecord } from '#core/contracts/audit-api.ts'
import { runningCli } from '#test/support/cli-host.ts'

const NOON = Date.UTC(2026, 10, 22, 12)

const chainOf = async (...names: string[]): Promise<AuditRecord[]> => {
  let head: Head = EMPTY
  const records: AuditRecord[] = []
  for (const who of names) {
    const record = await link(head, {
      ...{ chain: 'here', at: NOON, who, source: 'person', role: 'operator' },
      ...{ action: 'startRun', outcome: 'asked', detail: 'kind: "backup"' },
    })
    records.push(record)
    head = record
  }
  return records
}

/** A command line on a machine with these records, and a copy of the first of them. */
const site = async (
  records: readonly AuditRecord[],
  copied: readonly AuditRecord[] = [],
  told?: { seq: number; at: number },
) => {
  const cli = await runningCli({
    'GET /v1/audit': ({ url }: { url: URL }) => ({
      chain: 'here',
      chains: ['here'],
      ...(told && { copied: told }),
      items: url.searchParams.get('order') === 'oldest' ? records : records.toReversed(),
    }),
  })
  if (copied.length > 0) {
    await mkdir(join(cli.dataDir, 'audit', 'here'), { recursive: true })
    await writeFile(
      join(cli.dataDir, 'audit', 'here', '000000000001.jsonl'),
      copied.map(record => `${JSON.stringify(record)}\n`).join(''),
    )
  }
  return cli
}

test('records are listed, newest first', async () => {
  const { run, calls } = await site(await chainOf('ann', 'bob'))
  const { stdout } = await run(
    'audit',
    'list',
    '--who',
    'ann',
    '--since',
    '2026-11-01',
    '--refused',
  )
  expect(stdout.split('\n')[1]).toMatch(/^\s*2 .*bob +operator +startRun +asked +kind: "backup"$/)
  expect(calls.at(-1)).toBe(
    `GET /v1/audit?who=ann&outcome=refused&from=${Date.UTC(2026, 10, 1)}&limit=1000`,
  )
  expect(await run('audit', 'list', '--since', 'monday')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('--since "monday" is no time.'),
  })
})

test('a copy that holds nothing yet proves nothing yet', async () => {
  const { run } = await site(await chainOf('ann'), [])
  const { exitCode, stdout } = await run('audit', 'verify')
  expect(exitCode).toBe(0)
  expect(stdout).toContain('The copy holds none of them yet: who can write the catalog could have')
  expect(stdout).not.toContain('Nobody changed')
})

test('a whole chain is told to be whole, and what is not proven yet', async () => {
  const records = await chainOf('ann', 'bob', 'cem')
  const { run } = await site(records, records.slice(0, 2), { seq: 2, at: NOON + 3_600_000 })
  expect(await run('audit', 'verify')).toEqual({
    exitCode: 0,
    stderr: '',
    stdout: `Chain "here": 3 records, each unchanged and following the one before.
  In the copy just so: 2 records. Nobody changed, dropped or added any of them.
  Not copied yet: the newest 1 record. That nothing behind what was copied was cut off is proven with the next copy.
  The control plane copied them up to number 2, the last time at 2026-11-22 13:00:00 UTC. 1 record waits for the next copy, the oldest from 2026-11-22 12:00:00 UTC; until then whoever can write the catalog can change them.
`,
  })
})

test('what was copied, and when, is told without a copy at hand, and as JSON', async () => {
  const records = await chainOf('ann', 'bob', 'cem')
  const none = await (await site(records)).run('audit', 'verify')
  expect(none.stdout).toContain('The control plane has copied none of them so far. 3 records wait')
  const { run } = await site(records, records, { seq: 3, at: NOON })
  expect((await run('audit', 'verify')).stdout).toContain('nothing waits to be copied.')
  const late = await site(records, [], { seq: 1, at: NOON })
  const json = JSON.parse((await late.run('audit', 'verify', '--json')).stdout)
  expect(json.chains[0]).toMatchObject({
    lastCopy: { seq: 1, at: NOON },
    waiting: { records: 2, since: NOON },
  })
})

test('a chain that was touched is told so, with the exit code of damage', async () => {
  const records = await chainOf('ann', 'bob', 'cem')
  const forged = await chainOf('ann', 'eve', 'cem')
  const { run } = await site(forged, records)
  const { exitCode, stdout } = await run('audit', 'verify')
  expect(exitCode).toBe(6)
  expect(stdout).toContain('Chain "here" with 3 records is NOT whole:')
  expect(stdout).toContain('Record 2 is another one in the copy.')
  const json = JSON.parse((await run('audit', 'verify', '--json')).stdout)
  expect(json.chains[0].findings[0]).toMatchObject({ kind: 'differs-from-copy', seq: 2 })
})

test('tokens are shown once, listed and revoked', async () => {
  const tokenId = '01J0000000000000000000000T'
  const { run, calls } = await runningCli({
    'POST /v1/tokens': { tokenId, token: `xk_${tokenId}_secret`, name: 'tickets', role: 'viewer' },
    'GET /v1/tokens': {
      items: [
        {
          ...{ tokenId, name: 'tickets', role: 'viewer', created: NOON, createdBy: 'owner' },
          revoked: NOON,
        },
      ],
    },
    [`DELETE /v1/tokens/${tokenId}`]: { tokenId, revoked: NOON },
  })
  const { stdout } = await run('tokens', 'create', 'tickets', '--role', 'viewer', '--days', '1')
  expect(stdout.split('\n')[0]).toBe(`xk_${tokenId}_secret`)
  const expires = Date.UTC(2026, 10, 23, 14)
  expect(calls.at(-1)).toBe(
    `POST /v1/tokens {"name":"tickets","role":"viewer","expires":${expires}}`,
  )
  expect((await run('tokens', 'list')).stdout).toMatch(/tickets +viewer .* never +revoked /)
  expect((await run('tokens', 'revoke', tokenId.toLowerCase())).stdout).toContain(
    'is revoked since',
  )
  expect(await run('tokens', 'create', 'x', '--role', 'root')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('"root" is no role: viewer, operator or administrator.'),
  })
  expect((await run('tokens', 'revoke', 'x')).exitCode).toBe(2)
})
