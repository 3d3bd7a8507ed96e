import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { GatewaySettings } from '#core/contracts/settings.ts'
import { unlockFor } from '#gateway-agent/unlock.ts'

const KEY = 'arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-4000-8000-000000000001'
const folder = () => {
  const path = mkdtempSync(join(tmpdir(), 'xenkeep-unlock-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

test('a key of KMS comes before any passphrase', async () => {
  const settings = GatewaySettings.parse({ kmsKey: KEY })
  expect(await unlockFor(folder(), settings, { XENKEEP_PASSPHRASE: 'x' })).toMatchObject({
    key: KEY,
    kms: { decrypt: expect.any(Function) },
  })
})

test.each(['alias/backup', 'arn:aws:kms:eu-central-1:111122223333:alias/backup', ''])(
  'the settings do not take "%s" for a key',
  kmsKey => {
    expect(GatewaySettings.safeParse({ kmsKey }).error?.issues[0]).toMatchObject({
      path: ['kmsKey'],
      message: 'must be the ARN of a KMS key',
    })
  },
)

test('a passphrase comes from the environment, else from a file', async () => {
  const dataDir = folder()
  const settings = GatewaySettings.parse({ passphraseFile: 'secret' })
  expect(await unlockFor(dataDir, settings, { XENKEEP_PASSPHRASE: 'of env' })).toEqual({
    passphrase: 'of env',
  })
  await expect(unlockFor(dataDir, settings, {})).rejects.toMatchObject({
    code: 'SECRET_UNREADABLE',
  })
  writeFileSync(join(dataDir, 'secret'), 'of the file\n')
  expect(await unlockFor(dataDir, settings, {})).toEqual({ passphrase: 'of the file' })
})
