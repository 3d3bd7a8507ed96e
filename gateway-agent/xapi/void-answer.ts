import { z } from 'zod'

/** A void result is an empty string on the wire; whatever else comes is of no interest. */
export const VoidAnswer = z.unknown().transform(() => undefined)
