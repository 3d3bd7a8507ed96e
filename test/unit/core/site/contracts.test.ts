import { describe, expect, test } from 'vitest'
import { SiteDefinition } from '#core/contracts/site.ts'
import { SiteRestorePlan } from '#core/contracts/site-restore-plan.ts'

const refusal = (...components: unknown[]): string =>
  SiteDefinition.safeParse({ name: 'Vienna', components })
    .error?.issues.map(({ path, message }) => `${path.join('.')} ${message}`)
    .join('; ') ?? 'none'

describe('the definition of a site', () => {
  test.each([
    [{ role: 'broker', target: { vm: 'a' } }, /^components\.0\.role Invalid option/],
    [{ role: 'ddc', target: { vm: 'a' }, colour: 'red' }, /Unrecognized key: "colour"/],
    [{ role: 'ddc', target: { machine: 'a' } }, /Unrecognized key: "machine"/],
    [{ role: 'ddc', target: {} }, /names exactly one thing/],
    [{ role: 'ddc', target: { vm: 'a', guest: 'a' } }, /names exactly one thing/],
    [{ role: 'ddc', target: { pool: 'a' } }, /of the role "ddc" is vm or guest, not pool/],
    [{ role: 'ddc', target: { vm: 'a' }, recipe: 'x' }, /recipe is for a guest/],
    [{ role: 'sql', target: { guest: 'a' }, method: 'normal' }, /method is for VMs/],
    [{ role: 'template', target: { vm: 'a' }, method: 'offline' }, /a template never does/],
    [{ role: 'ddc', target: { vm: 'a' }, protect: false }, /because is missing: say why/],
    [{ role: 'pooled', target: { vms: {} } }, /says nothing: give pools, tags/],
  ])('refuses %j by name', (component, message) => {
    expect(refusal(component)).toMatch(message)
  })

  test('has at least one line', () => {
    expect(SiteDefinition.safeParse({ name: 'x', components: [] }).success).toBe(false)
  })
})

test('a restore plan of a later version is refused, not misread', () => {
  const plan = { format: 'site-restore-plan', version: 1, site: 'x', notes: [], steps: [] }
  expect(SiteRestorePlan.parse(plan)).toEqual(plan)
  expect(SiteRestorePlan.safeParse({ ...plan, version: 2 }).success).toBe(false)
})
