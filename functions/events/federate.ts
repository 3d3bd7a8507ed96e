import { z } from 'zod'
import { systemClock } from '#adapters/system/clock.ts'
import {
  type GroupsOfRoles,
  roleOfGroups,
  roleStated,
  statement,
} from '#core/access/federated-role.ts'
import { Role } from '#core/contracts/routes/route.ts'
import type { Clock } from '#core/ports.ts'

/** The attribute of a user that holds what the provider said last; providers are mapped to it under the same name (infra/constructs/federation.ts). */
const STATED = 'custom:role'
const HOUR = 3_600_000 // ms

/** What is handed over by an identity provider: claims of OIDC, or attributes of SAML. Cognito documents maps of strings; some hold JSON in a string. */
const Claims = z.preprocess(
  given => (typeof given === 'string' ? objectIn(given) : given),
  z.record(z.string(), z.unknown()).nullish(),
)
const objectIn = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null // not told to anybody: the error would hold a piece of it
  }
}

const Event = z.looseObject({ triggerSource: z.string() })
const Inbound = z.object({
  triggerSource: z.literal('InboundFederation_ExternalProvider'),
  request: z.object({
    providerName: z.string(),
    attributes: z.object({ idToken: Claims, userInfo: Claims, samlResponse: Claims }),
  }),
})
const TokenGeneration = z.object({
  triggerSource: z.string().startsWith('TokenGeneration_'),
  userName: z.string(),
  request: z.object({ userAttributes: z.record(z.string(), z.string()) }),
})

const Providers = z.record(
  z.string(),
  z.object({ groups: z.string(), roles: z.partialRecord(Role, z.array(z.string())) }),
)

export interface Federation {
  /** By the name of the provider: which of its claims holds the groups, and which groups are which role. */
  providers: Readonly<Record<string, { groups: string; roles: GroupsOfRoles }>>
  sessionHours: number
}

/**
 * What Cognito asks when somebody signs in with a company's own identity provider, twice. When the answer of the provider comes in: the role that its groups stand for is written to the user
 * with the time, also where they stand for none, since Cognito leaves an attribute as it was whose claim is no longer sent. And before tokens are made: that role, and nothing else, is the group in
 * them (functions/events/authorize.ts); people of the pool itself keep their groups.
 */
export const federate =
  ({ providers, sessionHours }: Federation) =>
  ({ clock }: { clock: Clock }) =>
  async (event: z.infer<typeof Event>): Promise<unknown> => {
    const inbound = Inbound.safeParse(event)
    if (inbound.success) {
      const { providerName, attributes } = inbound.data.request
      const claims = { ...attributes.samlResponse, ...attributes.userInfo, ...attributes.idToken }
      const provider = providers[providerName]
      const role = provider && roleOfGroups(provider.roles, claims[provider.groups])
      const userAttributesToMap = {
        ...Object.fromEntries(Object.entries(claims).flatMap(asText)),
        [STATED]: statement(role, clock.now()),
      }
      return { ...event, response: { userAttributesToMap } }
    }
    const { userName, request } = TokenGeneration.parse(event)
    const { userAttributes } = request
    if (!isFederated(userName, userAttributes, Object.keys(providers))) return event
    // A session, and the hour for which the sign-in page remembers whom it let in.
    const maxAgeMs = (sessionHours + 1) * HOUR
    const role = roleStated(userAttributes[STATED], { nowMs: clock.now(), maxAgeMs })
    const groupOverrideDetails = { groupsToOverride: [role ?? 'none'] }
    return { ...event, response: { claimsOverrideDetails: { groupOverrideDetails } } }
  }

const asText = ([name, value]: [string, unknown]): [string, string][] => {
  if (value === undefined || value === null) return []
  return [[name, typeof value === 'string' ? value : JSON.stringify(value)]]
}

/** Any sign of it counts: who is taken for a person of the pool keeps the groups of the pool. */
const isFederated = (
  userName: string,
  attributes: Record<string, string>,
  providers: readonly string[],
): boolean =>
  attributes['cognito:user_status'] === 'EXTERNAL_PROVIDER' ||
  attributes.identities !== undefined ||
  providers.some(name => userName.toLowerCase().startsWith(`${name.toLowerCase()}_`))

let work: ReturnType<ReturnType<typeof federate>> | undefined

const ofEnvironment = () => {
  const { XENKEEP_PROVIDERS: providers = '{}', XENKEEP_SESSION_HOURS: hours = '1' } = process.env
  const settings = {
    providers: Providers.parse(JSON.parse(providers)),
    sessionHours: Number(hours),
  }
  return federate(settings)({ clock: systemClock })
}

export const handler = async (event: unknown): Promise<unknown> => {
  work ??= ofEnvironment()
  return work(Event.parse(event))
}
