import { describe, expect, it } from 'vitest'
import { Settings } from '#core/contracts/settings.ts'

const pool = { url: 'https://10.0.0.1', user: 'root', passwordFile: 'pool.password' }
const fingerprint = Array.from({ length: 32 }, () => 'AB').join(':')
const messages = (json: unknown) =>
  Settings.safeParse(json).error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`)

describe('settings', () => {
  it('have a default for everything but the pools', () => {
    expect(Settings.parse({})).toMatchObject({
      control: { host: '127.0.0.1', port: 8720 },
      gateway: { slots: 4, pools: [] },
    })
  })

  it.each([
    ['an unknown member', { gatway: {} }, 'gatway'],
    ['an unknown inner member', { gateway: { slot: 1 } }, 'slot'],
    [
      'a secret in the wrong place',
      { gateway: { pools: [{ ...pool, password: 'x' }] } },
      'password',
    ],
    [
      'a shortened fingerprint',
      { gateway: { pools: [{ ...pool, fingerprint: 'AB:CD' }] } },
      '64 hex',
    ],
  ])('refuse %s and name it', (_, json, name) => {
    expect(messages(json)?.join()).toContain(name)
  })

  it('take one fingerprint or one for each host', () => {
    for (const value of [fingerprint, [fingerprint, fingerprint.toLowerCase().replaceAll(':', '')]])
      expect(
        Settings.safeParse({ gateway: { pools: [{ ...pool, fingerprint: value }] } }).success,
      ).toBe(true)
  })
})

it('a second copy is another place than the repository', () => {
  const parse = (address: string, replica: string) =>
    Settings.safeParse({ repository: { address, replica: { address: replica } } })
  expect(parse('s3://backups/vms', 's3://copies/vms').success).toBe(true)
  const { success, error } = parse('s3://backups/vms', 's3://backups/vms/')
  expect(success).toBe(false)
  expect(error?.issues).toMatchObject([
    { path: ['repository', 'replica'], message: 'is the repository itself; name its second copy' },
  ])
})
