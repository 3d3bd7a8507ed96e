import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { VmOrder } from '#core/contracts/vms-api.ts'
import { facetsOf } from '#core/inventory/vm-facets.ts'
import { fitting, type ListedVm, pageInOrder } from '#core/inventory/vm-list.ts'

const vm = (n: number, more: Partial<ListedVm> = {}): ListedVm => ({
  uuid: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
  name: `vm-${n}`,
  poolUuid: '11111111-1111-4111-8111-111111111111',
  poolName: 'one',
  powerState: 'Running',
  tags: [],
  policyIds: [],
  standby: false,
  discarded: false,
  unusual: false,
  ...more,
})

const names = (vms: readonly ListedVm[]) => vms.map(({ name }) => name)

describe('what is asked for narrows', () => {
  const vms = [
    vm(1, { name: 'Web <script>"1"</script>', tags: ['prod'], policyIds: ['P'] }),
    vm(2, { name: 'caf\u00e9 \u{1F680}', poolName: 'two', poolUuid: 'b'.repeat(8), lastPoint: 5 }),
    vm(3, { name: 'standby', standby: true, powerState: 'Halted' }),
    vm(4, { name: 'struck', unusual: true }),
    vm(5, { name: 'struck, and explained' }),
  ]
  test.each([
    ['a part of the name, whatever case', { search: 'WEB <SCRIPT>' }, [1]],
    ['the same character written as two', { search: 'cafe\u0301' }, [2]],
    ['an emoji', { search: '\u{1F680}' }, [2]],
    ['a part of the UUID', { search: '000000000003' }, [3]],
    ['wildcards are characters', { search: '.*' }, []],
    ['the name of a pool', { pool: 'two' }, [2]],
    ['the UUID of a pool', { pool: 'BBBBBBBB' }, [2]],
    ['a tag', { tag: 'prod' }, [1]],
    ['a tag is exact', { tag: 'pro' }, []],
    ['a policy', { policy: 'P' }, [1]],
    ['a state', { state: 'Halted' }, [3]],
    ['unprotected: no policy, no standby', { unprotected: 'true' }, [2, 4, 5]],
    ['unusual', { unusual: 'true' }, [4]],
    ['all of it at once', { search: 'struck', unusual: 'true', unprotected: 'true' }, [4]],
    ['nothing', {}, [1, 2, 3, 4, 5]],
  ])('%s', (_, filter, expected) => {
    expect(names(fitting(vms, filter))).toEqual(expected.map(n => vms[n - 1]?.name))
  })

  test('no policy is said of templates: none of them is unprotected', () => {
    expect(fitting([vm(1, { policyIds: undefined })], { unprotected: 'true' })).toEqual([])
  })
})

describe('orders', () => {
  test('names as people count them', () => {
    const vms = ['web-10', 'web-2', 'Web-1', 'db'].map((name, n) => vm(n, { name }))
    const { items } = pageInOrder(vms, { sort: 'name', limit: 9 })
    expect(names(items)).toEqual(['db', 'Web-1', 'web-2', 'web-10'])
  })

  test('a VM without a point is older than every other', () => {
    const vms = [vm(1, { lastPoint: 5 }), vm(2), vm(3, { lastPoint: 9 })]
    const by = (sort: VmOrder) => names(pageInOrder(vms, { sort, limit: 9 }).items)
    expect(by('newest')).toEqual(['vm-3', 'vm-1', 'vm-2'])
    expect(by('oldest')).toEqual(['vm-2', 'vm-1', 'vm-3'])
  })
})

const orders = fc.constantFrom<VmOrder>('name', 'newest', 'oldest')
const someVms = fc
  .array(
    fc.record({
      name: fc.oneof(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.constantFrom(
          'same',
          'x'.repeat(255),
          '\ud800',
          ...['19', '2', 'a', '\u00e1b', 'ac'].map(end => `${'x'.repeat(39)}${end}`),
          `${'long '.repeat(20)}1`,
          `${'long '.repeat(20)}2`,
        ),
      ),
      lastPoint: fc.option(fc.nat(5), { nil: undefined }),
    }),
    { maxLength: 30 },
  )
  .map(given => given.map((one, n) => vm(n, one)))

describe('pages', () => {
  test('together they are the whole list, each VM once, and cursors fit into an address', () => {
    fc.assert(
      fc.property(someVms, orders, fc.integer({ min: 1, max: 7 }), (vms, sort, limit) => {
        const seen: string[] = []
        let after: string | undefined
        do {
          const page = pageInOrder(vms, { sort, limit, after })
          seen.push(...page.items.map(({ uuid }) => uuid))
          after = page.next
          // core/contracts: 500 characters, of which the checksum takes 12
          if (after) expect(12 + Buffer.from(after).toString('base64url').length).toBeLessThan(500)
        } while (after !== undefined)
        const whole = pageInOrder(vms, { sort, limit: 100 }).items.map(({ uuid }) => uuid)
        expect(seen).toEqual(whole)
        expect(new Set(seen).size).toBe(vms.length)
      }),
    )
  })

  test('whatever goes or is backed up between two pages, no VM that stays as it was is missed', () => {
    fc.assert(
      fc.property(someVms, orders, fc.nat(), fc.boolean(), (vms, sort, pick, goes) => {
        const first = pageInOrder(vms, { sort, limit: 3 })
        if (first.next === undefined) return
        const changed = vms[pick % vms.length]
        const later = vms.flatMap(one =>
          one !== changed ? [one] : goes ? [] : [{ ...one, lastPoint: 99 }],
        )
        const rest = pageInOrder(later, { sort, limit: 100, after: first.next }).items
        const seen = new Set([...first.items, ...rest].map(({ uuid }) => uuid))
        for (const { uuid } of vms) if (uuid !== changed?.uuid) expect(seen.has(uuid)).toBe(true)
      }),
    )
  })
})

test('what there is to choose from is counted, the most frequent tag first', () => {
  const vms = [
    vm(1, { tags: ['a', 'b', 'b'] }),
    vm(2, { tags: ['b'] }),
    vm(3, { poolUuid: 'c', poolName: 'a pool' }),
  ]
  expect(facetsOf(vms)).toEqual({
    pools: [
      { uuid: 'c', name: 'a pool', vms: 1 },
      { uuid: '11111111-1111-4111-8111-111111111111', name: 'one', vms: 2 },
    ],
    tags: [
      { tag: 'b', vms: 2 },
      { tag: 'a', vms: 1 },
    ],
  })
})
