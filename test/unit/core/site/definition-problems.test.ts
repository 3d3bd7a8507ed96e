import { describe, expect, test } from 'vitest'
import { SiteDefinition } from '#core/contracts/site.ts'
import { definitionProblems, guardDefinition } from '#core/site/definition-problems.ts'
import { expand } from '#core/site/expand.ts'
import { NOW, xendesktopSite } from '#test/support/xendesktop-site.ts'

const { inventory, guests } = xendesktopSite()
const siteOf = (more: object, components: object[] = [{ role: 'sql', target: { vm: 'SQL01' } }]) =>
  SiteDefinition.parse({ name: 'Vienna', components, ...more })
const codesOf = (site: SiteDefinition) =>
  definitionProblems(site).map(({ code, level }) => [code, level])

describe('a definition that contradicts itself', () => {
  test('two components of one name, capitals or not, are refused with their places', () => {
    const site = siteOf({}, [
      { name: 'db', role: 'sql', target: { vm: 'SQL01' } },
      { role: 'ddc', target: { vm: 'DDC01' } },
      { name: 'DB', role: 'sql', target: { vm: 'SQL02' } },
    ])
    expect(codesOf(site)).toEqual([['SITE_NAME_TWICE', 'error']])
    expect(() => guardDefinition(site)).toThrow(
      expect.objectContaining({
        code: 'SITE_UNFIT',
        message:
          'The definition of the site "Vienna" was not saved. Two components are called "DB": "order" and "apart" could not tell them apart. They are the components 1 and 3, counted from 1.',
      }),
    )
  })

  test('an order or a group of what is no name and no role is refused', () => {
    const ordered = siteOf({ order: [{ earlier: 'sq1', later: 'sql' }] })
    expect(codesOf(ordered)).toEqual([['SITE_REF_UNKNOWN', 'error']])
    expect(() => guardDefinition(ordered)).toThrow(/"order" names "sq1", and no component/)
    const apart = siteOf({ freeze: { apart: [['sql', 'nobody']] } })
    expect(codesOf(apart)).toEqual([['SITE_REF_UNKNOWN', 'error']])
  })

  test('a role without a line does nothing, and that is told once', () => {
    const order = [
      { earlier: 'dc', later: 'sql' },
      { earlier: 'DC', later: 'sql' },
    ]
    const site = siteOf({ order })
    expect(codesOf(site)).toEqual([['SITE_REF_EMPTY', 'warning']])
    expect(() => guardDefinition(site)).not.toThrow()
  })

  test('a sound one is not spoken of', () => {
    const { site } = xendesktopSite()
    expect(definitionProblems(site)).toEqual([])
  })
})

test('two lines of one role for one thing are told; a server with two roles is none', () => {
  const twice = siteOf({}, [
    { role: 'sql', target: { vm: 'SQL01' } },
    { role: 'license', target: { vm: 'SQL01' } },
    { role: 'sql', target: { vm: 'SQL01' } },
    { role: 'sql', target: { guest: 'SQL01' } },
    { role: 'dedicated', target: { vms: { names: ['VDI-D-*'] } } },
    { role: 'dedicated', target: { vms: { names: ['*'] } } },
  ])
  const { problems, tasks } = expand(twice, inventory, guests, NOW)
  const told = problems.filter(({ code }) => code === 'SITE_LINE_TWICE')
  expect(told).toMatchObject([{ level: 'warning', covers: [0, 2] }])
  expect(told[0]?.text).toContain('2 lines of the role "sql" ask for the same')
  expect(tasks.filter(task => task.kind === 'vm' && task.vmName === 'SQL01')).toHaveLength(1)
})
