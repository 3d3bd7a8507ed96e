import { chmod, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { GatewayAbout } from '#core/contracts/gateway-about.ts'
import { GatewaySettings } from '#core/contracts/settings.ts'
import { SettingsInvalidError } from '#core/errors/settings.ts'
import { aboutGateway } from '#gateway-agent/about.ts'

test('a gateway tells its programs by name, whether they could be run, and nothing of their arguments', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'about-'))
  const [good, plain] = ['good', 'plain'].map(name => join(folder, name)) as [string, string]
  await writeFile(good, '#!/bin/sh\n')
  await chmod(good, 0o755)
  await writeFile(plain, 'no program')
  const settings = GatewaySettings.parse({
    slots: 7,
    hookScripts: { zebra: [good, '--password=secret'], plain: [plain], gone: ['/no/such'] },
    bootScripts: { shell: ['sh'], unknown: ['no-such-program-at-all'] },
  })
  const about = await aboutGateway(settings, {
    ...{ machine: 'm'.repeat(300), timeZone: 'UTC', isBrowsingAllowed: async () => true },
    process: { ...process, env: { PATH: `${folder}:/bin:/usr/bin` } },
  })
  expect(GatewayAbout.parse(about)).toEqual(about)
  expect(about).toMatchObject({
    ...{ slots: 7, node: process.versions.node },
    hookScripts: [
      { name: 'gone', missing: true },
      { name: 'plain', missing: true },
      { name: 'zebra' },
    ],
    bootScripts: [{ name: 'shell' }, { name: 'unknown', missing: true }],
  })
  expect(JSON.stringify(about)).not.toContain('secret')
})

test('whether it may show files of points is told with the reason', async () => {
  const filesOf = async (isBrowsingAllowed: () => Promise<boolean>, more: object = {}) =>
    (
      await aboutGateway(GatewaySettings.parse({}), {
        ...{ machine: 'm', timeZone: 'UTC', isBrowsingAllowed },
        process: { ...process, ...more },
      })
    ).files
  expect(await filesOf(async () => false)).toEqual({
    can: false,
    because: 'Its settings do not allow it: "fileBrowsing" is "off".',
  })
  expect(await filesOf(async () => true, { platform: 'darwin' })).toMatchObject({
    can: false,
    because: expect.stringContaining('on Linux on x86-64 only'),
  })
  const broken = async () => {
    throw new SettingsInvalidError('settings.json', 'the file is missing or no JSON.')
  }
  expect(await filesOf(broken)).toMatchObject({
    can: false,
    because: expect.stringContaining('settings.json'),
  })
})
