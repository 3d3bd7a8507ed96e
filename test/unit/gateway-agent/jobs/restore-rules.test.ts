import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { RestoreWishes } from '#core/contracts/restore.ts'
import { DC_TAG } from '#core/site/rules/domain-controller.ts'
import { RefText, VmRecord } from '#gateway-agent/xapi/records.ts'
import { VoidAnswer } from '#gateway-agent/xapi/void-answer.ts'
import { addRepository } from '#sim/inventory/storage.ts'
import { MIB, pointOnPool } from '#test/support/point-on-pool.ts'
import type { ClientOnPool } from '#test/support/pool-client.ts'

const DAY = 86_400_000
const disk = Buffer.alloc(2 * MIB, 0x5a)

const tagged =
  (tag: string) =>
  async ({ xapi }: ClientOnPool, vmUuid: string) => {
    const ref = await xapi.call('VM.get_by_uuid', [vmUuid], RefText)
    await xapi.call('VM.add_tags', [ref, tag], VoidAnswer)
  }
const controller = () => pointOnPool([disk], {}, tagged(DC_TAG))
const because = 'all other controllers burnt; agreed with the head of IT'
const vms = ({ xapi }: ClientOnPool) => xapi.call('VM.get_all', [], z.array(RefText))

describe('a domain controller', () => {
  test('comes back with a new generation and is told what to look for', async () => {
    await using site = await controller()
    const { outcome } = await site.restore({ identity: 'same', replace: true })
    if (outcome.status !== 'restored') throw new Error(outcome.status)
    expect(outcome.report.notes.join(' ')).toMatch(/xenkeep-role:dc.*1109 and 2170/)
    const { xapi } = site.client
    const ref = await xapi.call('VM.get_by_uuid', [site.vmUuid], RefText)
    const { generation_id: generation } = await xapi.call('VM.get_record', [ref], VmRecord)
    expect(generation).not.toBe('')
  })

  test.each<[string, RestoreWishes, string]>([
    ['into its disks', { identity: 'disks-only' }, 'GENERATION_ID_KEPT'],
    ['with its memory', { resume: true }, 'DC_NOT_RESUMABLE'],
  ])('is not restored %s, nor is that planned, and nothing is touched', async (_, wishes, code) => {
    await using site = await controller()
    const before = await vms(site.client)
    await expect(site.restore(wishes)).rejects.toMatchObject({ code })
    await expect(site.restore({ ...wishes, planOnly: true })).rejects.toMatchObject({ code })
    expect(await vms(site.client)).toEqual(before)
  })

  test('is not restored from a point past the tombstone lifetime, unless somebody says why', async () => {
    await using site = await controller()
    const now = Date.now() + 181 * DAY
    await expect(site.restore({}, { now })).rejects.toMatchObject({
      code: 'POINT_PAST_TOMBSTONE',
      message: expect.stringMatching(/18[12] days old/),
    })
    const overrides = [{ rule: 'tombstone-life' as const, because }]
    const { outcome } = await site.restore({ overrides }, { now })
    if (outcome.status !== 'restored') throw new Error(outcome.status)
    expect(outcome.report.notes[0]).toBe(
      `The rule "tombstone-life" was set aside (POINT_PAST_TOMBSTONE), because: ${because}`,
    )
  })

  test('is known by the site that the job names, with the lifetime of its domain', async () => {
    await using site = await pointOnPool([disk])
    const now = Date.now() + 61 * DAY
    const domainController = { toldBy: 'the site "Berlin"', tombstoneDays: 60 }
    await expect(site.restore({}, { now, domainController })).rejects.toMatchObject({
      code: 'POINT_PAST_TOMBSTONE',
    })
    expect((await site.restore({}, { now })).outcome.status).toBe('restored')
  })

  test('written into its disks all the same leaves the reason in the report', async () => {
    await using site = await controller()
    const overrides = [{ rule: 'generation-id' as const, because }]
    const { outcome } = await site.restore({ identity: 'disks-only', overrides })
    if (outcome.status !== 'restored') throw new Error(outcome.status)
    expect(outcome.report.notes.join(' ')).toContain(because)
  })
})

describe('a machine of Machine Creation Services', () => {
  const scheme = 'CitrixProvisioningSchemeId:5a3a1a2e-0000-4000-8000-000000000001'

  test('goes back to its storage, and to no other', async () => {
    await using site = await pointOnPool([disk], {}, tagged(scheme))
    const { pool } = site.client
    addRepository(pool.state, pool.state.hosts, 'ext', 'SSD')
    const moved = { identity: 'same' as const, replace: true, sr: 'SSD' }
    const before = await vms(site.client)
    await expect(site.restore(moved)).rejects.toMatchObject({ code: 'MCS_ELSEWHERE' })
    expect(await vms(site.client)).toEqual(before)
    const overrides = [{ rule: 'mcs-storage' as const, because }]
    const { outcome } = await site.restore({ ...moved, overrides, planOnly: true })
    expect(outcome).toMatchObject({ status: 'planned' })
    expect(JSON.stringify(outcome)).toContain(because)
    expect((await site.restore({ identity: 'same', replace: true })).outcome.status).toBe(
      'restored',
    )
  })
})
