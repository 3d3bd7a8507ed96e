import type { z } from 'zod'

/**
 * Checks a reply of the API. What the schema does not know was added by a later control plane and is passed over, at any depth; where it has a
 * choice (`z.union`), each choice stays as strict as it is. Requests are not read so: what is asked for and not understood must not be half done.
 * @param json parsed from the answer and nobody else's
 */
export const readReply = (schema: z.ZodType, json: unknown) => {
  const reply = schema.safeParse(json)
  if (reply.success) return reply
  for (const issue of reply.error.issues)
    if (issue.code === 'unrecognized_keys') forget(json, issue.path, issue.keys)
  return schema.safeParse(json)
}

const forget = (json: unknown, path: readonly PropertyKey[], members: readonly string[]): void => {
  let at = json as Record<PropertyKey, unknown>
  for (const step of path) at = at[step] as Record<PropertyKey, unknown>
  for (const member of members) delete at[member]
}
