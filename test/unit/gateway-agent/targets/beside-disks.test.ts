import { expect, test } from 'vitest'
import { z } from 'zod'
import { RefText } from '#gateway-agent/xapi/records.ts'
import { findVm } from '#gateway-agent/xapi/vms.ts'
import { VoidAnswer } from '#gateway-agent/xapi/void-answer.ts'
import { pointOnPool } from '#test/support/point-on-pool.ts'

const DISK = [Buffer.alloc(2 * 1024 * 1024, 1)]
const SECRET = Buffer.from('sealed keys').toString('base64')

const withVtpm = async (
  client: Parameters<NonNullable<Parameters<typeof pointOnPool>[2]>>[0],
  uuid: string,
) => {
  const { xapi } = client
  const { ref } = await findVm(xapi, uuid)
  const vtpm = await xapi.call('VTPM.create', [ref, false], RefText)
  await xapi.call('VTPM.set_contents', [vtpm, SECRET], VoidAnswer)
  await xapi.call('VM.set_NVRAM', [ref, { 'EFI-variables': 'dmFycw==' }], VoidAnswer)
  await xapi.call('VM.add_tags', [ref, 'gold'], VoidAnswer)
  await xapi.run('VM.snapshot', [ref, 'before the patch'], RefText)
}

test('vTPM contents, NVRAM, tags and the names of snapshots are in the point, and the new VM has what can be given', async () => {
  await using point = await pointOnPool(DISK, {}, withVtpm)
  const { outcome } = await point.restore()
  if (outcome.status !== 'restored') throw new Error(outcome.status)
  const { xapi } = point.client
  const { record } = await findVm(xapi, outcome.report.newVmUuid)
  expect(record).toMatchObject({
    NVRAM: { 'EFI-variables': 'dmFycw==' },
    tags: ['gold'],
  })
  expect(record.VTPMs).toHaveLength(1)
  expect(await xapi.call('VTPM.get_contents', [record.VTPMs[0] ?? ''], z.string())).toBe(SECRET)
  expect(outcome.report.notes.join(' ')).not.toContain('TPM')
  const [known] = await Array.fromAsync(point.repository.points(point.vmUuid))
  const { subject } = await point.repository.readPoint(known as { key: string })
  expect(subject).toMatchObject({
    vm: {
      snapshots: [{ name: 'before the patch' }],
      disks: [{ srName: 'Shared storage', srType: 'nfs' }],
      vifs: [{ bridge: expect.stringMatching(/^xenbr/) }],
    },
  })
})

test('a vTPM that may not be read is told in the point and at the restore, with the reason', async () => {
  await using point = await pointOnPool(DISK, {}, async (client, uuid) => {
    await withVtpm(client, uuid)
    client.fault({
      kind: 'fail-call',
      method: 'VTPM.get_contents',
      error: ['RBAC_PERMISSION_DENIED', 'vtpm.get_contents', 'local superuser'],
      times: 3,
    })
  })
  const { outcome } = await point.restore()
  if (outcome.status !== 'restored') throw new Error(outcome.status)
  expect(outcome.report.notes.join(' ')).toContain(
    'The virtual TPM of the VM is not in the recovery point; the new VM has none. Its content could not be read: The role of the XenServer user is too small (vtpm.get_contents)',
  )
})
