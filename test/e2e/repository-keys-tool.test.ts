import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runProgram } from '#cli/program.ts'
import { startKmsStandIn } from '#test/support/kms-stand-in.ts'
import { PASSPHRASE, repoTool } from '#test/support/repo-tool.ts'

/*
 * Motivation: keys are changed rarely, by somebody who must not make a mistake. Every sentence of `xenkeep repo keys` is read here as that
 * person reads it, on a directory and, where KMS is concerned, against a stand-in for it.
 */

const NEW = 'six other words of the same test'
const tool = repoTool()
const { path, run, json } = tool
let id: string
let kms: Awaited<ReturnType<typeof startKmsStandIn>>
let arn: string
const kit = () => ['--recovery-key-file', path('kit')]
const slots = () =>
  readdirSync(path('repository/keys'))
    .filter(name => name !== 'retired')
    .sort()
const withEnv = async <T>(change: NodeJS.ProcessEnv, work: () => Promise<T>): Promise<T> => {
  const before = tool.host.env
  tool.host.env = { ...before, ...change }
  try {
    return await work()
  } finally {
    tool.host.env = before
  }
}
const old = { ...process.env }

beforeAll(async () => {
  kms = await startKmsStandIn()
  arn = kms.createKey('alias/backup')
  // The SDK reads its settings from the process.
  process.env.AWS_ENDPOINT_URL_KMS = kms.endpoint
  process.env.AWS_ACCESS_KEY_ID = 'id'
  process.env.AWS_SECRET_ACCESS_KEY = 'top-secret'
  process.env.AWS_REGION = 'eu-central-1'
  const made = await json('init', '--recovery-kit-file', path('kit'))
  expect(made.exitCode).toBe(0)
  id = made.document.id
})
afterAll(async () => {
  tool.remove()
  for (const name of [
    'AWS_ENDPOINT_URL_KMS',
    'AWS_ACCESS_KEY_ID',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_REGION',
  ])
    if (old[name] === undefined) delete process.env[name]
    else process.env[name] = old[name]
  await kms.close()
})

test('the list needs no key', async () => {
  const none = { XENKEEP_PASSPHRASE: undefined }
  const shown = await withEnv(none, () => run('keys', 'list'))
  expect([shown.exitCode, shown.stderr]).toEqual([0, ''])
  const lines = shown.stdout.split('\n')
  expect(lines[0]).toBe(
    `Repository ${id} at file:${path('repository')}; new data gets keys of epoch 1`,
  )
  expect(lines[1]).toMatch(/^SLOT +STATE +MADE +LOCKED UNTIL +OPENS WITH$/)
  expect(lines[2]).toMatch(
    /^00000001\.scrypt +living +20.* UTC +- +a passphrase \(scrypt, N = 2\^17\)$/,
  )
  expect(lines[3]).toMatch(/^00000002\.recovery +living +20.* UTC +- +a recovery key$/)
  const { document } = await withEnv(none, () => json('keys', 'list'))
  expect(document).toMatchObject({
    id,
    epoch: 1,
    slots: [
      { name: '00000001.scrypt', state: 'living', parameters: { logN: 17, r: 8, p: 1 } },
      { name: '00000002.recovery', state: 'living' },
    ],
  })
})

describe('passphrases', () => {
  test('a further one comes from the environment or a file, never from an argument', async () => {
    tool.write('new', `${NEW}\n`)
    const added = await run(
      'keys',
      'add-passphrase',
      '--slot',
      'argon2id',
      '--new-passphrase-file',
      path('new'),
      ...kit(),
    )
    expect([added.exitCode, added.stderr]).toEqual([0, ''])
    expect(added.stdout).toBe(
      `The new passphrase opens file:${path('repository')} (slot 00000003.argon2id); the others go on opening it.\n`,
    )
    const opened = await withEnv({ XENKEEP_PASSPHRASE: NEW }, () => run('points'))
    expect(opened.exitCode).toBe(0)
    const argument = await run('keys', 'add-passphrase', 'secret words as an argument', ...kit())
    expect(argument.exitCode).toBe(2)
    expect(argument.stderr).not.toContain('secret words')
  })

  test('a short one, the old one, and none at all, are refused', async () => {
    const short = await withEnv({ XENKEEP_NEW_PASSPHRASE: 'too short' }, () =>
      run('keys', 'add-passphrase', ...kit()),
    )
    expect([short.exitCode, short.stderr]).toEqual([
      2,
      expect.stringContaining('The new passphrase has fewer than 12 characters.'),
    ])
    const same = await withEnv({ XENKEEP_NEW_PASSPHRASE: PASSPHRASE }, () =>
      run('keys', 'change-passphrase'),
    )
    expect([same.exitCode, same.stderr]).toEqual([
      2,
      expect.stringContaining('The new passphrase is the old one.'),
    ])
    const none = await run('keys', 'add-passphrase', ...kit())
    expect([none.exitCode, none.stderr]).toEqual([
      5,
      expect.stringMatching(/The new passphrase is needed.*\n.*XENKEEP_NEW_PASSPHRASE/),
    ])
    expect(slots()).toHaveLength(3)
  })

  test('a change ends the old one, and says who has to be told', async () => {
    const third = 'yet another passphrase of the test'
    const changed = await withEnv({ XENKEEP_PASSPHRASE: NEW, XENKEEP_NEW_PASSPHRASE: third }, () =>
      run('keys', 'change-passphrase'),
    )
    expect([changed.exitCode, changed.stderr]).toEqual([0, ''])
    expect(changed.stdout).toBe(
      [
        `The new passphrase opens file:${path('repository')} (slot 00000004.argon2id).`,
        'The old one (slot 00000003.argon2id) does not any more.',
        'Other passphrases open it too: 00000001.scrypt. End them with "xenkeep repo keys retire SLOT".',
        'Gateways read the passphrase from a file of their own: write the new one there, they need it at their next start.',
        '',
      ].join('\n'),
    )
    expect(changed.stdout + changed.stderr).not.toContain(third)
    const refused = await withEnv({ XENKEEP_PASSPHRASE: NEW }, () => run('points'))
    expect([refused.exitCode, refused.stderr]).toEqual([
      5,
      expect.stringContaining('WRONG_PASSPHRASE'),
    ])
    // Forgotten: the recovery key opens, and ends nobody else's passphrase.
    const { document } = await withEnv({ XENKEEP_NEW_PASSPHRASE: NEW }, () =>
      json('keys', 'change-passphrase', ...kit()),
    )
    expect(document).toEqual({
      repository: `file:${path('repository')}`,
      id,
      added: '00000005.scrypt',
      others: ['00000001.scrypt', '00000004.argon2id'],
    })
  })
})

describe('slots are retired', () => {
  test('by somebody who can open another one', async () => {
    const done = await run('keys', 'retire', '00000005.scrypt', ...kit())
    expect([done.exitCode, done.stderr]).toEqual([0, ''])
    expect(done.stdout).toContain('Slot 00000005.scrypt of file:')
    expect((await run('keys', 'list')).stdout).toMatch(
      /\nSlot 00000005\.scrypt was retired on 20.* UTC with the key of 00000002\.recovery\.\n$/,
    )
    const own = await run('keys', 'retire', '00000002.recovery', ...kit())
    expect([own.exitCode, own.stderr]).toEqual([
      2,
      expect.stringMatching(
        /opens only the slot "00000002.recovery", which is the one to be retired\.\n.*\n {2}code: KEY_SLOT_IN_USE/,
      ),
    ])
    const wrong = await run('keys', 'retire', '5', ...kit())
    expect([wrong.exitCode, wrong.stderr]).toEqual([
      2,
      expect.stringContaining('has no key slot "5"'),
    ])
    expect(slots()).toEqual(['00000001.scrypt', '00000002.recovery', '00000004.argon2id'])
  })
})

test('a new recovery kit is shown once, and the older one named', async () => {
  const made = await run('keys', 'new-recovery-kit', '--recovery-kit-file', path('kit2'), ...kit())
  expect([made.exitCode, made.stderr]).toEqual([0, ''])
  expect(made.stdout).toContain('A new recovery key opens')
  expect(made.stdout).toContain('Older kits open it too: 00000002.recovery.')
  const text = readFileSync(path('kit2'), 'utf8')
  expect(statSync(path('kit2')).mode & 0o777).toBe(0o600)
  expect(text).toContain(`Repository  ${id}`)
  const key = (text.match(/(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}/) as string[])[0] as string
  expect(made.stdout).not.toContain(key)
  expect((await run('points', '--recovery-key-file', path('kit2'))).exitCode).toBe(0)
  const taken = await run('keys', 'new-recovery-kit', '--recovery-kit-file', path('kit2'), ...kit())
  expect([taken.exitCode, taken.stderr]).toEqual([2, expect.stringContaining('is not overwritten')])
  const { document } = await json('keys', 'new-recovery-kit', ...kit())
  expect(document.recoveryKit).toContain('XENKEEP RECOVERY KIT')
  expect(document.older).toHaveLength(2)
})

describe('KMS, a stand-in for it', () => {
  test('a key is added by its alias, and opens by its ARN', async () => {
    const added = await run('keys', 'add-kms', 'alias/backup', ...kit())
    expect([added.exitCode, added.stderr]).toEqual([0, ''])
    expect(added.stdout).toContain('The key alias/backup opens')
    const none = { XENKEEP_PASSPHRASE: undefined }
    const opened = await withEnv(none, () => run('points', '--kms', arn))
    expect([opened.exitCode, opened.stderr]).toEqual([0, ''])
    expect((await run('keys', 'list')).stdout).toContain(`  ${arn}\n`)
  })

  test('without a name it is read, with a warning, and nothing is written', async () => {
    const read = await run('points', '--kms')
    expect(read.exitCode).toBe(0)
    expect(read.stderr).toContain('it is opened for reading only')
    expect((await run('info', '--kms')).stdout).toContain(
      '  writing   no: it was opened with the key that its own slot names\n',
    )
    const refused = await run('keys', 'rotate', '--kms')
    expect([refused.exitCode, refused.stderr]).toEqual([
      5,
      expect.stringContaining('code: KMS_KEY_UNNAMED'),
    ])
  })

  test.each([
    ['disabled', 5, 'KMS_KEY_DISABLED'],
    ['pending deletion', 5, 'KMS_KEY_PENDING_DELETION'],
    ['denied', 5, 'KMS_DENIED'],
    ['unavailable', 4, 'KMS_UNAVAILABLE'],
    ['throttled', 4, 'KMS_THROTTLED'],
  ] as const)('a key that is %s ends with %i', async (state, exit, code) => {
    kms.setState(arn, state)
    const ended = await run('points', '--kms', arn)
    kms.setState(arn, 'enabled')
    expect([ended.exitCode, ended.stderr]).toEqual([exit, expect.stringContaining(`code: ${code}`)])
  })

  test('of another key, two ways at once, a new repository without a name', async () => {
    const other = await run('points', '--kms', kms.createKey())
    expect([other.exitCode, other.stderr]).toEqual([5, expect.stringContaining('WRONG_KMS_KEY')])
    const both = await run('points', '--kms', arn, ...kit())
    expect([both.exitCode, both.stderr]).toEqual([
      2,
      expect.stringContaining('Give only one of --passphrase-file, --recovery-key-file and --kms.'),
    ])
    const unnamed = await run('init', '--slot', 'kms')
    expect([unnamed.exitCode, unnamed.stderr]).toEqual([
      2,
      expect.stringContaining('The key is not named.'),
    ])
    const mixed = await run('init', '--slot', 'scrypt', '--kms', arn)
    expect(mixed.exitCode).toBe(2)
  })

  test('settings that name the key open as a gateway does, without any passphrase', async () => {
    mkdirSync(path('data'))
    const settings = {
      repository: { address: `file:${path('repository')}` },
      gateway: { kmsKey: arn },
    }
    tool.write('data/settings.json', JSON.stringify(settings))
    const asked = kms.calls.length
    const host = { ...tool.host, env: { LANG: 'C.UTF-8' } }
    expect(await runProgram(host, ['check', '--data', path('data'), '--json'], '0.0.0')).toBe(0)
    expect(kms.calls.slice(asked)).toEqual(['TrentService.Decrypt'])
  })

  test('a repository is made with a key alone', async () => {
    const elsewhere = repoTool()
    try {
      elsewhere.host.env = { LANG: 'C.UTF-8' }
      const made = await elsewhere.json('init', '--slot', 'kms', '--kms', arn)
      expect([made.exitCode, made.stderr]).toEqual([0, ''])
      expect(made.document.recoveryKit).toContain('XENKEEP RECOVERY KIT')
      elsewhere.write('disk.raw', Buffer.alloc(65_536, 5))
      const args = ['import-image', elsewhere.path('disk.raw'), '--name', 'disk', '--kms', arn]
      expect((await elsewhere.run(...args)).exitCode).toBe(0)
      expect(readdirSync(elsewhere.path('repository/keys')).sort()).toEqual([
        '00000001.kms',
        '00000002.recovery',
      ])
    } finally {
      elsewhere.remove()
    }
  })
})

test('a change that cannot end the old passphrase says that both open', async () => {
  const elsewhere = repoTool()
  try {
    expect((await elsewhere.run('init', '--kms', arn)).exitCode).toBe(0)
    elsewhere.host.env = { ...elsewhere.host.env, XENKEEP_NEW_PASSPHRASE: PASSPHRASE }
    expect((await elsewhere.run('keys', 'add-passphrase', '--kms', arn)).exitCode).toBe(0)
    // Where the folder of the decisions should be.
    elsewhere.write('repository/keys/retired', 'in the way')
    elsewhere.host.env.XENKEEP_NEW_PASSPHRASE = NEW
    const changed = await elsewhere.run('keys', 'change-passphrase')
    expect(changed.exitCode).toBe(3)
    expect(changed.stdout).toContain('The new passphrase opens')
    expect(changed.stdout).toContain('The old one (slot 00000003.scrypt) still does.')
    expect(changed.stderr).toMatch(/^xenkeep: .*\n {2}what to do: .*\n {2}code: [A-Z_]+\n$/)
    expect(readdirSync(elsewhere.path('repository/keys'))).toContain('00000003.scrypt')
  } finally {
    elsewhere.remove()
  }
})

test('a new epoch, and which data is under which', async () => {
  const empty = await run('keys', 'list', '--by-epoch', ...kit())
  expect(empty.stdout).toMatch(/\n\nNo data is stored yet\.\n$/)
  tool.write('disk.raw', Buffer.alloc(3 * 1024 * 1024, 1))
  const image = ['import-image', path('disk.raw'), '--name', 'disk', ...kit()]
  expect((await run(...image)).exitCode).toBe(0)
  const rotated = await run('keys', 'rotate', ...kit())
  expect([rotated.exitCode, rotated.stderr]).toEqual([0, ''])
  expect(rotated.stdout).toContain(
    'gets keys of epoch 2. Gateways that run now use them from their next start on.',
  )
  tool.write('disk.raw', Buffer.alloc(3 * 1024 * 1024, 2))
  expect((await run(...image)).exitCode).toBe(0)
  const { document } = await json('keys', 'list', '--by-epoch', ...kit())
  expect(document).toMatchObject({
    epoch: 2,
    data: {
      epochs: [
        { epoch: 1, points: 1 },
        { epoch: 2, points: 1 },
      ],
      unknown: { packs: 0 },
    },
  })
  const shown = await run('keys', 'list', '--by-epoch', ...kit())
  expect(shown.stdout).toMatch(/EPOCH +PACKS +STORED +POINTS\n +1 +2 .* 1\n +2 +2 .* 1\n$/)
  rmSync(path('repository/index'), { recursive: true })
  const lost = await run('keys', 'list', '--by-epoch', ...kit())
  expect(lost.stdout).toContain('4 packs (')
  expect(lost.stdout).toContain('of unknown epoch: the index does not name them')
  const restored = await run('export', 'latest:disk', '-o', path('out.raw'), ...kit())
  expect([restored.exitCode, readFileSync(path('out.raw'))]).toEqual([
    0,
    readFileSync(path('disk.raw')),
  ])
})

test('shredding asks for the id, says what remains, and leaves nobody a way in', async () => {
  const unsaid = await run('keys', 'shred')
  expect([unsaid.exitCode, unsaid.stderr]).toEqual([2, expect.stringContaining("'--confirm <id>'")])
  const wrong = await run('keys', 'shred', '--confirm', 'yes')
  expect([wrong.exitCode, wrong.stderr]).toEqual([
    2,
    expect.stringContaining('"yes" is not the id of the repository at file:'),
  ])
  expect(slots().length).toBeGreaterThan(3)

  const count = slots().length
  const shredded = await withEnv({ XENKEEP_PASSPHRASE: undefined }, () =>
    run('keys', 'shred', '--confirm', id.toUpperCase()),
  )
  expect([shredded.exitCode, shredded.stderr]).toEqual([0, ''])
  expect(shredded.stdout).toContain(
    `Repository ${id} at file:${path('repository')} is shredded: ${count} key slots destroyed`,
  )
  expect(shredded.stdout).toContain(`aws kms schedule-key-deletion --key-id ${arn}`)
  for (const args of [
    ['points'],
    ['points', ...kit()],
    ['points', '--kms', arn],
    ['keys', 'rotate'],
    ['check'],
  ]) {
    const refused = await run(...args)
    expect([refused.exitCode, refused.stderr]).toEqual([
      5,
      expect.stringMatching(
        /has no key slot left: its contents are shredded, and no passphrase or key opens it\.\n.*\n {2}code: REPOSITORY_SHREDDED\n/,
      ),
    ])
  }
  expect((await run('keys', 'list')).stdout).toContain(
    'There is no key slot: the repository is shredded.',
  )
  expect((await json('keys', 'shred', '--confirm', id)).document).toMatchObject({
    slots: [],
    versions: 0,
  })
})
