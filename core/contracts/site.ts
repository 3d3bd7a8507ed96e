import { z } from 'zod'
import { NameLabel } from './ids.ts'
import { Method } from './methods.ts'
import { SiteRole } from './site-roles.ts'

/** A UUID, or an exact name that only one has. */
const Named = z.string().min(1).max(1_000)

/** Whole text, `*` for any characters, `?` for one, `\` before a character that means itself; capitals do not matter. */
const NamePattern = z.string().min(1).max(200)

/** Many VMs: those for which every member that is given holds; of the values of one member any is enough. Found anew at each run. */
export const SiteVms = z
  .strictObject({
    /** In one of these pools: UUIDs or exact names. */
    pools: z.array(Named).min(1).max(100).optional(),
    /** Bears one of these tags, exactly so. */
    tags: z.array(z.string().min(1).max(255)).min(1).max(100).optional(),
    /** Its name fits one of these patterns. */
    names: z.array(NamePattern).min(1).max(100).optional(),
    /** A Delivery Controller says that it is a machine of one of these catalogs. */
    catalogs: z.array(z.string().min(1).max(255)).min(1).max(500).optional(),
    /** Machine Creation Services marked it with one of these `CitrixProvisioningSchemeId`s. */
    schemes: z.array(z.string().min(1).max(100)).min(1).max(500).optional(),
  })
  .refine(vms => Object.values(vms).some(value => value !== undefined), {
    message: 'says nothing: give pools, tags, names, catalogs or schemes',
  })
export type SiteVms = z.infer<typeof SiteVms>

/** What a component is: exactly one of these. */
export const SiteTarget = z
  .strictObject({
    /** One VM; of the role `template` a custom template. */
    vm: Named.optional(),
    vms: SiteVms.optional(),
    /** A machine with the agent in guest mode: its UUID or its name. */
    guest: Named.optional(),
    /** For the role `pool-metadata`; for `host-metadata` all its hosts. */
    pool: Named.optional(),
    host: Named.optional(),
  })
  .refine(target => Object.values(target).filter(value => value !== undefined).length === 1, {
    message: 'names exactly one thing: vm, vms, guest, pool or host',
  })
export type SiteTarget = z.infer<typeof SiteTarget>

/** What the targets of a role can be. */
export const TARGETS_OF_ROLE: Record<SiteRole, readonly (keyof SiteTarget)[]> = {
  ddc: ['vm', 'guest'],
  sql: ['vm', 'guest'],
  license: ['vm', 'guest'],
  dc: ['vm', 'guest'],
  storefront: ['vm', 'guest'],
  pvs: ['vm', 'guest'],
  'master-image': ['vm', 'vms'],
  template: ['vm', 'vms'],
  dedicated: ['vm', 'vms'],
  pooled: ['vm', 'vms'],
  'pool-metadata': ['pool'],
  'host-metadata': ['host', 'pool'],
  custom: ['vm', 'vms', 'guest'],
}

/** As a recipe takes it: text, a number, a switch, or a list of texts. */
export const RecipeParameter = z.union([
  z.string().max(10_000),
  z.number(),
  z.boolean(),
  z.array(z.string().max(10_000)).max(1_000),
])

/** One line of a site: what it is there for, what it is, how it is saved. A server may have several lines. */
export const SiteComponent = z
  .strictObject({
    /** How it is called in plans and in `order`; made of role and target unless told. Unique; capitals do not matter. */
    name: z.string().trim().min(1).max(200).optional(),
    role: SiteRole,
    target: SiteTarget,
    /** Of a guest: how it is saved; the one recipe for this role that the guest allows unless told. */
    recipe: z.string().min(1).max(100).optional(),
    parameters: z.record(z.string().min(1).max(100), RecipeParameter).optional(),
    /** Which of several of the same kind on one guest, as its recipe names them. */
    instance: z.string().min(1).max(200).optional(),
    /** Of VMs: `quiesced` where an agent in the guest can hold it still, else `normal`, unless told. */
    method: Method.optional(),
    /** `false` leaves it out, and `because` says why, for everybody to read. */
    protect: z.boolean().default(true),
    because: z.string().min(1).max(500).optional(),
  })
  .superRefine(
    ({ role, target, recipe, parameters, instance, method, protect, because }, issues) => {
      const wrong = (path: string, message: string) =>
        issues.addIssue({ code: 'custom', path: [path], message })
      const [kind] = Object.entries(target).find(([, value]) => value !== undefined) ?? []
      if (kind !== undefined && !TARGETS_OF_ROLE[role].includes(kind as keyof SiteTarget))
        wrong(
          'target',
          `of the role "${role}" is ${TARGETS_OF_ROLE[role].join(' or ')}, not ${kind}`,
        )
      if (kind !== 'guest')
        for (const [member, value] of Object.entries({ recipe, parameters, instance }))
          if (value !== undefined) wrong(member, 'is for a guest, and the target is none')
      if (method !== undefined && kind !== 'vm' && kind !== 'vms')
        wrong('method', 'is for VMs, and the target is none')
      if (method !== undefined && role === 'template')
        wrong('method', 'is for VMs that may run; a template never does')
      if (!protect && because === undefined)
        wrong('because', 'is missing: say why it is not protected')
    },
  )
export type SiteComponent = z.output<typeof SiteComponent>

/** Which lines come before which: names of components, or roles. */
const Ref = z.string().trim().min(1).max(200)

/** A XenDesktop site as people write it. Unknown members and roles are refused by name. */
export const SiteDefinition = z.strictObject({
  kind: z.literal('xendesktop-site').default('xendesktop-site'),
  /** Unique; capitals do not matter. */
  name: NameLabel.min(1).max(200),
  description: z.string().max(2_000).optional(),
  components: z.array(SiteComponent).min(1).max(500),
  /** How servers are held still while their snapshots are taken. */
  freeze: z
    .strictObject({
      /** How long at most; that of the gateway unless told. */
      seconds: z.int().min(1).max(600).optional(),
      /** A server that could not be held still: a point as after a power cut, or none. */
      fallback: z.enum(['crash', 'fail']).default('crash'),
      /** Servers that stand in for each other and are never at rest together, beside those of one role, which never are. */
      apart: z.array(z.array(Ref).min(2).max(50)).max(50).optional(),
    })
    .optional(),
  /** Beside the order that roles have by themselves. */
  order: z
    .array(z.strictObject({ earlier: Ref, later: Ref, because: z.string().max(500).optional() }))
    .max(200)
    .optional(),
  /** Where no domain controller could be asked. */
  domainControllers: z.strictObject({ tombstoneDays: z.int().min(2).max(36_500) }).optional(),
})
export type SiteDefinition = z.output<typeof SiteDefinition>
