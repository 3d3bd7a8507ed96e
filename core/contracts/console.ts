import { z } from 'zod'
import { Instant } from './ids.ts'
import { Role } from './routes/route.ts'
import { RestoreApproval } from './settings.ts'

/** Where Cognito sends who signs in for the command line: it compares letter by letter, so the port is this one (RFC 8252, 7.3, would have any). */
export const COMMAND_LINE_CALLBACK = 'http://localhost:8721/signed-in'

/** `/settings.json`, which the console and "xenkeep login" read at their start: how people prove who they are here. */
export const ConsoleSettings = z.discriminatedUnion('signIn', [
  z.object({
    signIn: z.literal('cognito'),
    /** Of the sign-in pages of the user pool, `https://…`. */
    host: z.url(),
    /** Whose tokens they are. */
    issuer: z.url(),
    clientId: z.string().min(1),
    /** As which program the command line signs in; left out by deployments from before it could. */
    commandLineClientId: z.string().min(1).optional(),
    region: z.string(),
  }),
  /** One machine: the password of `xenkeep up`. */
  z.object({ signIn: z.literal('password') }),
])
export type ConsoleSettings = z.infer<typeof ConsoleSettings>

/** Of one machine: signs in (POST) and out (DELETE, with the token as bearer). */
export const LOCAL_SESSION_PATH = '/local/session'

/** POST /local/session */
export const SignInRequest = z.strictObject({
  password: z.string('the password is missing').min(1, 'the password is missing').max(200),
})

/**
 * Its answer. The token goes into the storage of the console's origin and not into a cookie: browsers show cookies to every port of a host (RFC 6265, 8.5),
 * and other ports of this machine are other people's programs.
 */
export const SignInReply = z.object({ token: z.string(), until: Instant })

/** GET /v1/caller */
export const CallerView = z.strictObject({
  name: z.string(),
  role: Role,
  /** Whether another person has to agree to each restore; control planes of before do not tell. */
  restoreApproval: RestoreApproval.optional(),
})
export type CallerView = z.infer<typeof CallerView>

/**
 * What browsers may do with the console: scripts of its own alone, calls to its own origin (the API stands behind it) and to `others`, no frames. Styles may
 * stand inline, since its components (Cloudscape) set some so.
 */
export const contentSecurityPolicy = (...others: readonly string[]): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    `connect-src ${["'self'", ...others].join(' ')}`,
    "manifest-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
