import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { SiteDefinition } from '#core/contracts/site.ts'
import { SiteProposal } from '#core/contracts/site-proposal.ts'
import type { SiteRole } from '#core/contracts/site-roles.ts'
import { discover } from '#core/site/discover.ts'
import { expand } from '#core/site/expand.ts'
import { proposalAsYaml } from '#core/site/proposal-yaml.ts'
import { anySite } from '#test/support/any-site.ts'
import {
  NOW,
  siteGuest,
  siteRecipe,
  siteVm,
  xendesktopSite,
} from '#test/support/xendesktop-site.ts'

const seed = Number(process.env.SEED ?? Date.now() % 1e9)
const linesOf = ({ site, lines }: SiteProposal) =>
  site?.components.map(({ role, target, recipe }, index) => [
    role,
    target.vm ?? target.guest ?? target.pool ?? JSON.stringify(target.vms),
    ...(recipe === undefined ? [] : [recipe]),
    lines[index]?.certainty,
  ])

describe('a site that was found', () => {
  const { inventory, guests } = xendesktopSite()

  test('by what its controller says, what agents allow, and last by names', () => {
    expect(linesOf(discover(inventory, guests))).toEqual([
      ['ddc', 'DDC01', 'authoritative'],
      ['ddc', 'DDC02', 'authoritative'],
      ['sql', 'SQL01', 'certain'],
      ['pooled', '{"catalogs":["Pooled"]}', 'authoritative'],
      ['master-image', 'W11-Master', 'authoritative'],
      ['dedicated', '{"catalogs":["Dedicated"]}', 'authoritative'],
      ['dc', 'DC01', 'authoritative'],
      ['dc', 'DC01', 'ad-system-state', 'certain'],
      ['ddc', 'DDC01', 'cvad-site-export', 'certain'],
      ['sql', 'SQL01', 'sql-server', 'certain'],
      ['dc', 'DC02', 'weak'],
      ['license', 'LIC01', 'weak'],
      ['storefront', 'SF01', 'weak'],
      ['pool-metadata', 'pool A', 'certain'],
      ['host-metadata', 'pool A', 'certain'],
    ])
  })

  test('saved as it was proposed, it leaves nothing out but the pooled desktops', () => {
    const { site } = discover(inventory, guests)
    if (!site) throw new Error('no site')
    const { skips, problems } = expand(site, inventory, guests, NOW)
    expect(skips).toMatchObject([{ code: 'discarded', count: 20 }])
    expect(problems.filter(({ level }) => level !== 'note')).toEqual([])
  })

  test('without any agent, by what XenServer shows: reset disks, marks', () => {
    const proposal = discover(inventory, [])
    expect(linesOf(proposal)?.slice(0, 2)).toEqual([
      ['dedicated', '{"schemes":["scheme-d"]}', 'strong'],
      ['pooled', '{"schemes":["scheme-p"]}', 'certain'],
    ])
    expect(proposal.notes[0]).toMatch(/^No Delivery Controller could be asked/)
  })

  test('is none where nothing says so, whatever VMs are called', () => {
    const proposal = discover({ ...inventory, vms: [siteVm(1, 'mysql-dev'), siteVm(2, 'dc1')] }, [])
    expect(proposal).toEqual({
      lines: [],
      notes: [expect.stringMatching(/^Nothing of a XenDesktop/)],
    })
    expect(proposalAsYaml(proposal)).toMatch(/^# Nothing of a XenDesktop site was found/)
  })
})

test(`as a file, a proposal reads back as itself, with a reason above each line (seed ${seed})`, () => {
  fc.assert(
    fc.property(anySite, ({ inventory, guests }) => {
      const proposal = discover(inventory, guests)
      expect(SiteProposal.parse(proposal)).toEqual(proposal)
      const text = proposalAsYaml(proposal)
      if (!proposal.site) return
      expect(SiteDefinition.parse(parse(text))).toEqual(proposal.site)
      const reasons = text.split('\n').filter(line => /^\s*(- )?#/.test(line))
      for (const { certainty } of proposal.lines)
        expect(reasons.some(line => line.includes(`${certainty}:`))).toBe(true)
    }),
    { seed, numRuns: 100 },
  )
})

describe('recipes of a guest', () => {
  const allows = (vmName: string, recipes: [name: string, roles: SiteRole[]][], more = {}) => {
    const vm = siteVm(0x50, vmName)
    const guest = siteGuest(9, vmName, {
      vmUuid: vm.uuid,
      recipes: recipes.map(([name, roles]) => siteRecipe(name, { roles })),
      ...more,
    })
    const pools = xendesktopSite().inventory.pools
    const inventory = { vms: [vm], templates: [], pools: [...pools], standbys: new Set<string>() }
    return linesOf(discover(inventory, [guest]))?.filter(([role]) => !role?.endsWith('-metadata'))
  }
  const FILES: SiteRole[] = ['custom', 'ddc', 'license', 'storefront', 'pvs']

  test('one that is for databases and for anything is proposed once, as a database', () => {
    expect(allows('app1', [['postgresql', ['sql', 'custom']]])).toEqual([
      ['sql', 'app1', 'postgresql', 'certain'],
      ['sql', 'app1', 'certain'],
    ])
  })

  test('files are proposed in the role that the machine has, and make no second line of it', () => {
    const recipes: [string, SiteRole[]][] = [
      ['storefront', ['storefront']],
      ['windows-files', FILES],
    ]
    expect(allows('sf1', recipes)).toEqual([
      ['storefront', 'sf1', 'storefront', 'certain'],
      ['storefront', 'sf1', 'certain'],
      ['storefront', 'sf1', 'windows-files', 'certain'],
    ])
  })

  test('of a database server files are something else, and the machine stays a database server', () => {
    const recipes: [string, SiteRole[]][] = [
      ['files', FILES],
      ['sql-server', ['sql']],
    ]
    expect(allows('db1', recipes)).toEqual([
      ['custom', 'db1', 'files', 'certain'],
      ['sql', 'db1', 'sql-server', 'certain'],
      ['sql', 'db1', 'certain'],
    ])
  })

  test('where files are all that there is, the machine is one of its own kind', () => {
    expect(allows('files1', [['files', FILES]])).toEqual([
      ['custom', 'files1', 'files', 'certain'],
      ['custom', 'files1', 'certain'],
    ])
  })
})
