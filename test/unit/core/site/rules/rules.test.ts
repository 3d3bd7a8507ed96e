import { describe, expect, it, test } from 'vitest'
import type { RestoreWishes } from '#core/contracts/restore.ts'
import { RuleOverrides } from '#core/contracts/restore-rules.ts'
import { guardBreaches } from '#core/site/rules/breach.ts'
import {
  breachesOfDomainController,
  DC_TAG,
  domainControllerOf,
} from '#core/site/rules/domain-controller.ts'
import {
  breachOfMcsStorage,
  mcsMachineOf,
  notesOnMcsMachine,
} from '#core/site/rules/mcs-storage.ts'
import { newInvocationId, tombstoneLife } from '#core/site/rules/recipe-rules.ts'
import {
  breachOfTombstoneLife,
  knownTombstoneLife,
  retentionPastTombstone,
  tombstoneLifeOf,
} from '#core/site/rules/tombstone-life.ts'
import { diskMetadata, uuidOf, vmMetadata } from '#test/support/vm-metadata.ts'

const DAY = 86_400_000
const NOW = Date.UTC(2026, 10, 23)

describe('the life of tombstones', () => {
  it.each([
    [{}, 60, 'no value'],
    [{ tombstoneLifetime: '180' }, 180, 'tombstoneLifetime of'],
    [{ tombstoneLifetime: '60' }, 60, 'tombstoneLifetime of'],
    [{ tombstoneLifetime: '0' }, 2, 'tombstoneLifetime of'],
    [{ tombstoneLifetime: 'soon' }, 60, 'no value'],
    [{ tombstoneLifetime: '180', deletedObjectLifetime: '30' }, 30, 'msDS-DeletedObjectLifetime'],
    [{ tombstoneLifetime: '180', deletedObjectLifetime: '365' }, 180, 'tombstoneLifetime of'],
    [{ deletedObjectLifetime: '1' }, 2, 'msDS-DeletedObjectLifetime'],
  ])('of %j is %d days', (service, days, known) => {
    const life = tombstoneLifeOf(service)
    expect(life.days).toBe(days)
    expect(life.known).toContain(known)
  })

  it('ends to the day, and refuses with both numbers', () => {
    const life = knownTombstoneLife(180)
    expect(breachOfTombstoneLife({ taken: NOW - 180 * DAY, life }, NOW)).toBeUndefined()
    const breach = breachOfTombstoneLife({ taken: NOW - 180 * DAY - 1, life }, NOW)
    expect(breach?.error).toMatchObject({
      code: 'POINT_PAST_TOMBSTONE',
      message: expect.stringMatching(/is 181 days old, .* for 180 days only \(tombstoneLifetime/),
      advice: expect.stringContaining('--override tombstone-life="…"'),
      retryable: false,
    })
  })

  it('is the usual one, and called so, where nobody asked the domain', () => {
    expect(knownTombstoneLife()).toEqual({
      days: 180,
      known: 'the usual life; the domain was not asked',
    })
  })

  it('warns of a retention that is longer', () => {
    const life = knownTombstoneLife(60)
    expect(retentionPastTombstone(60, life)).toBeUndefined()
    expect(retentionPastTombstone(365, life)).toMatch(/up to 365 days, .* for 60 days only/)
  })
})

describe('a domain controller', () => {
  it('is known by a site definition or by its tag, not by a guess', () => {
    expect(domainControllerOf(['dc', 'domain controller'], undefined)).toBeUndefined()
    expect(domainControllerOf(undefined, undefined)).toBeUndefined()
    expect(domainControllerOf([DC_TAG], undefined)).toEqual({ known: 'its tag "xenkeep-role:dc"' })
    expect(domainControllerOf([], { toldBy: 'the site "Berlin"', tombstoneDays: 60 })).toEqual({
      known: 'the site "Berlin"',
      tombstoneDays: 60,
    })
  })

  const broken = (wishes: RestoreWishes, daysAgo = 1) =>
    breachesOfDomainController(
      { known: 'its tag', tombstoneDays: 60 },
      { taken: NOW - daysAgo * DAY, wishes },
      NOW,
    ).flatMap(breach => breach?.error.code ?? [])

  it.each([
    [{}, 1, []],
    [{ identity: 'same' as const }, 1, []],
    [{ identity: 'disks-only' as const }, 1, ['GENERATION_ID_KEPT']],
    [{ resume: true }, 1, ['DC_NOT_RESUMABLE']],
    [{ resume: true }, 61, ['POINT_PAST_TOMBSTONE', 'DC_NOT_RESUMABLE']],
  ])('restored with %j from a point of %d days ago breaks %j', (wishes, days, codes) => {
    expect(broken(wishes, days)).toEqual(codes)
  })
})

describe('a machine of Machine Creation Services', () => {
  const scheme = 'CitrixProvisioningSchemeId:5a3a1a2e-0000-4000-8000-000000000001'

  it.each([
    ['a tag', { record: { tags: [scheme] } }, true],
    ['other_config', { record: { other_config: { CitrixProvisioningSchemeId: 'x' } } }, true],
    ['a tag of a disk', { disks: [diskMetadata(0, { tags: [scheme] })] }, true],
    [
      'other_config of a disk',
      { disks: [diskMetadata(0, { vdiOtherConfig: { [scheme]: '' } })] },
      true,
    ],
    ['a name alone', { record: { name_label: 'MCS-desktop-01', tags: ['Citrix'] } }, false],
  ])('is known by %s: %#', (_, more, known) => {
    expect(mcsMachineOf(vmMetadata(more)) !== undefined).toBe(known)
  })

  const metadata = vmMetadata({
    disks: [diskMetadata(0, { srName: 'NFS 1' }), diskMetadata(1, { srName: 'NFS 1' })],
  })
  const sr = (n: number, name: string) => ({ uuid: uuidOf(n), name })

  it('may go where it was', () => {
    const placed = new Map([
      [uuidOf(0), sr(900, 'NFS 1')],
      [uuidOf(1), sr(900, 'NFS 1')],
    ])
    expect(breachOfMcsStorage('its tag', metadata, placed)).toBeUndefined()
  })

  it('may not move, and the disk, both storages and the safe ways are named', () => {
    const placed = new Map([
      [uuidOf(0), sr(900, 'NFS 1')],
      [uuidOf(1), sr(901, 'SSD')],
    ])
    const error = breachOfMcsStorage('its tag', metadata, placed)?.error
    expect(error).toMatchObject({
      code: 'MCS_ELSEWHERE',
      message: expect.stringContaining('disk 1 from "NFS 1" to "SSD"'),
      advice: expect.stringMatching(/--identity same --replace .*Remove-ProvVM -ForgetVM/),
    })
    expect(error?.message).not.toContain('disk 0')
  })

  it('under a new UUID is unknown to its catalog, and that is told', () => {
    expect(notesOnMcsMachine('its tag', undefined).join(' ')).toMatch(/its catalog does not know/)
    expect(notesOnMcsMachine('its tag', 'same').join(' ')).not.toMatch(/catalog/)
  })
})

describe('a rule', () => {
  const life = knownTombstoneLife(60)
  const breach = breachOfTombstoneLife({ taken: 0, life }, NOW)

  test('that is broken refuses, unless it is set aside itself', () => {
    const because = 'the last copy of the domain'
    expect(() => guardBreaches([undefined, breach])).toThrow(
      expect.objectContaining({ code: 'POINT_PAST_TOMBSTONE' }),
    )
    expect(() => guardBreaches([breach], [{ rule: 'mcs-storage', because }])).toThrow()
    expect(guardBreaches([breach], [{ rule: 'tombstone-life', because }])).toEqual([
      `The rule "tombstone-life" was set aside (POINT_PAST_TOMBSTONE), because: ${because}`,
    ])
    expect(guardBreaches([], [{ rule: 'tombstone-life', because }])).toEqual([])
  })

  test('is set aside once, with a reason that is a sentence', () => {
    const override = { rule: 'tombstone-life', because: 'the last copy of the domain' }
    expect(RuleOverrides.safeParse([override]).success).toBe(true)
    expect(RuleOverrides.safeParse([override, override]).success).toBe(false)
    expect(RuleOverrides.safeParse([{ ...override, because: '          ' }]).success).toBe(false)
    expect(RuleOverrides.safeParse([{ ...override, rule: 'all' }]).success).toBe(false)
  })
})

describe('a rule that a recipe names', () => {
  const taken = NOW - 61 * DAY
  it.each([
    [{ tombstoneLifetime: '180', deletedObjectLifetime: '' }, undefined],
    [{ tombstoneLifetime: '', deletedObjectLifetime: '' }, 'POINT_PAST_TOMBSTONE'],
    [{ tombstoneLifetime: '180', deletedObjectLifetime: '60' }, 'POINT_PAST_TOMBSTONE'],
  ])('tombstone-life of %j: %s', (given, code) => {
    expect(tombstoneLife(given, { taken, now: NOW })?.code).toBe(code)
  })

  it.each([
    [{ before: 'B05BD4FE-A26B', after: 'c05bd4fe-a26b' }, undefined],
    [{ before: 'B05BD4FE-A26B', after: 'b05bd4fe-a26b' }, 'INVOCATION_ID_KEPT'],
    [{ before: 'b05bd4fe-a26b', after: '' }, 'INVOCATION_ID_KEPT'],
  ])('new-invocation-id of %j: %s', (given, code) => {
    expect(newInvocationId(given)?.code).toBe(code)
  })
})
