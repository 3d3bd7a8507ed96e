import { z } from 'zod'
import { GatewayPublicKey } from './gateway-key.ts'
import { Instant, NameLabel, Ulid, XenUuid } from './ids.ts'
import { Phase, RecipeName } from './recipes.ts'

/** Recipes that the settings of one guest may allow. */
export const RECIPES_OF_GUEST = 50

/** What an agent tells of its machine when it enrols. */
export const GuestIdentity = z.strictObject({
  /** Version 4, made by the agent and kept beside its key: points of its components hang on it. */
  guestUuid: XenUuid,
  os: z.enum(['linux', 'windows', 'other']),
  /** Name and version of its system, for people. */
  osName: z.string().max(200),
  /** Name of its machine. */
  machine: z.string().max(255),
  /** Which VM it is, as its hypervisor tells it. Believed by nobody: it only catches a code that was taken to the wrong machine. */
  vmUuid: XenUuid.optional(),
})
export type GuestIdentity = z.infer<typeof GuestIdentity>

/** POST /v1/enrolment-codes: for a gateway unless told */
export const CreateEnrolmentCodeRequest = z.strictObject({
  for: z
    .strictObject({
      guest: z.strictObject({
        /** The VM that the guest runs in. Then the gateway of its pool lets the agent speak for that VM. */
        vmUuid: XenUuid.optional(),
        /** What it is called; what its settings say unless told. */
        name: NameLabel.min(1).optional(),
      }),
    })
    .optional(),
})

const Plain = z.union([z.string().max(4_096), z.number(), z.boolean(), z.null()])
/** What a probe found: a value, a list of them, or a table. */
export const FactValue = z.union([
  Plain,
  z.array(Plain).max(1_000),
  z.array(z.record(z.string().max(100), Plain)).max(1_000),
])

/** What an agent found out with one recipe that its settings allow. */
export const RecipeFacts = z.strictObject({
  recipe: RecipeName,
  /** Of the recipe, where the agent has it. */
  version: z.int().positive().optional(),
  /** Of a recipe of the site's own: what its file says of itself, for its label. */
  own: z
    .strictObject({
      evidence: z.enum(['tested', 'transcript']),
      os: z.enum(['linux', 'windows', 'any']),
    })
    .optional(),
  /** Which instance of it on this machine, where there are several. */
  instance: z.string().max(200).optional(),
  /** What the settings allow of it. */
  phases: z.array(Phase).max(7),
  /** Left out where there is no problem: why it cannot be used now, a sentence with what to do. */
  problem: z.string().max(1_000).optional(),
  /** By the names that the recipe gives them; never a secret. */
  facts: z.record(z.string().max(100), FactValue),
})
export type RecipeFacts = z.infer<typeof RecipeFacts>

/** What a guest tells of its recipes is no longer, in bytes of JSON. */
export const GUEST_FACTS_BYTES = 64 * 1024

/** Releases that an agent tells of at once; more are counted in the last sentence. */
export const UNRELEASED_TOLD = 5

/** PUT /v1/gateways/{gatewayId}/guest-facts: what the probes of an agent found; replaces what it told before */
export const PutGuestFactsRequest = z.strictObject({
  guest: XenUuid,
  recipes: z.array(RecipeFacts).max(RECIPES_OF_GUEST),
  /** What was brought to rest and is not released yet, each in a sentence or two with what to do. Left out where there is nothing. */
  unreleased: z.array(z.string().max(1_000)).min(1).max(UNRELEASED_TOLD).optional(),
  /** Mount points that its settings let be frozen, and since when it reaches the gateway that would ask for it. Left out where there are none. */
  freeze: z
    .strictObject({
      mounts: z.array(z.string().max(1_000)).max(100),
      recipes: z.array(RecipeName).max(RECIPES_OF_GUEST),
      /** Left out while it waits there for commands: why it does not. */
      problem: z.string().max(1_000).optional(),
    })
    .optional(),
})
export type PutGuestFactsRequest = z.infer<typeof PutGuestFactsRequest>
export const PutGuestFactsReply = z.strictObject({ accepted: z.literal(true) })

/** POST /v1/gateways/{gatewayId}/guests: who may call this gateway's line for guests */
export const KnownGuestsReply = z.strictObject({
  /** Guests that were enrolled for VMs of its pools, with the keys that they sign with now and, for a moment after a change, before. */
  guests: z
    .array(z.strictObject({ vmUuid: XenUuid, publicKeys: z.array(GatewayPublicKey).min(1).max(2) }))
    .max(2_000),
})

/** An enrolled guest, for lists. */
export const GuestView = z.strictObject({
  guestUuid: XenUuid,
  /** By which its agent is revoked, renamed or given a new key: it is enrolled like a gateway. */
  gatewayId: Ulid,
  name: NameLabel,
  os: GuestIdentity.shape.os,
  osName: z.string().max(200),
  machine: z.string().max(255),
  /** The VM that it runs in, where an administrator said so; with its name and pool where the inventory has it. */
  vm: z
    .strictObject({ uuid: XenUuid, name: NameLabel.optional(), poolUuid: XenUuid.optional() })
    .optional(),
  enrolled: Instant,
  /** Since when it signs with its key. */
  keySince: Instant.optional(),
  /** When it was asked for a new one; left out when it has changed it, or was not asked. */
  newKeyAsked: Instant.optional(),
  lastSeen: Instant.optional(),
  /** Of its program. */
  version: z.string().max(50).optional(),
  /** The recipes that its settings allow; `problem` where one cannot be used now. */
  recipes: z
    .array(
      z.strictObject({
        recipe: RecipeName,
        instance: z.string().max(200).optional(),
        problem: z.string().max(1_000).optional(),
        /** Its recovery points are found under it. */
        componentUuid: XenUuid,
        /** The newest of them, and when that was taken. */
        lastPoint: z.strictObject({ pointId: Ulid, taken: Instant }).optional(),
        /** Whether it was ever run on the real thing: `tested`, `not run on Windows`, `drilled on 2026-11-23`. Of a recipe of the site's own it says so; left out where its agent did not tell. */
        label: z.string().max(200).optional(),
      }),
    )
    .max(RECIPES_OF_GUEST),
  /** What is wrong with it, each in a sentence or two: also what it brought to rest and has not released. */
  problems: z.array(z.string()),
})
export type GuestView = z.infer<typeof GuestView>

/** GET /v1/guests */
export const ListGuestsReply = z.strictObject({
  items: z.array(GuestView),
  next: z.string().optional(),
})

/** POST /v1/guests/{guestUuid}/drills: that the drill of a recipe (docs/recipes.md) was gone through on this guest, and held */
export const TellDrillRequest = z.strictObject({
  recipe: RecipeName,
  /** What was done and seen, for whoever asks later. */
  note: z.string().trim().min(10).max(500),
})

/** The last drill of a recipe on a guest. */
export const DrillRecord = z.strictObject({
  recipe: RecipeName,
  /** Of the recipe: for another version it proves nothing. */
  version: z.int().positive(),
  at: Instant,
  /** Who told of it. */
  by: z.string().max(500),
  note: TellDrillRequest.shape.note,
})
export type DrillRecord = z.infer<typeof DrillRecord>
export const TellDrillReply = DrillRecord.extend({
  /** Of the recipe on this guest from now on. */
  label: z.string().max(200),
})

/** GET /v1/guests/{guestUuid} */
export const GuestDetail = GuestView.extend({
  facts: z.array(RecipeFacts).max(RECIPES_OF_GUEST),
  /** The last one of each recipe, where there was one. */
  drills: z.array(DrillRecord).max(RECIPES_OF_GUEST),
  freeze: PutGuestFactsRequest.shape.freeze,
  unreleased: PutGuestFactsRequest.shape.unreleased,
  /** When it told the facts; left out while it has not. */
  factsAt: Instant.optional(),
})
export type GuestDetail = z.infer<typeof GuestDetail>
