/** What stands in the place of a secret. */
const HIDDEN = '***'

/** @returns what takes secrets out of a text, also as URLs, JSON and SQL write them */
export const redactor = (secrets: Iterable<string>): ((text: string) => string) => {
  const forms = [...secrets].flatMap(secret =>
    secret === ''
      ? []
      : [
          secret,
          encodeURIComponent(secret),
          JSON.stringify(secret).slice(1, -1),
          secret.replaceAll("'", "''"),
        ],
  )
  // The longest first: one may be a part of another.
  const known = [...new Set(forms)].sort((a, b) => b.length - a.length)
  return text => known.reduce((redacted, form) => redacted.replaceAll(form, HIDDEN), text)
}
