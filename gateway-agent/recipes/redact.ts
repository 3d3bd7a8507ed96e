/** What stands in the place of a secret. */
const HIDDEN = '***'

/**
 * What is secret whoever it belongs to, and comes back in messages of programs that were given it: hashed passwords of logins of SQL Server (CREATE LOGIN … HASHED:
 * version, salt and hash, in hex) and of roles of PostgreSQL (pg_authid.rolpassword), and passwords in connection strings.
 */
const ALWAYS: readonly [RegExp, string][] = [
  [/0x0[12]00[0-9A-Fa-f]{40,}/g, HIDDEN],
  [/SCRAM-SHA-256\$[^\s'"]+/g, HIDDEN],
  [/\bmd5[0-9a-f]{32}\b/g, HIDDEN],
  [/\b((?:password|pwd)\s*=\s*)(?:'[^']*'|"[^"]*"|[^;\s'"]+)/gi, `$1${HIDDEN}`],
]

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
  return text =>
    ALWAYS.reduce(
      (redacted, [pattern, instead]) => redacted.replace(pattern, instead),
      known.reduce((redacted, form) => redacted.replaceAll(form, HIDDEN), text),
    )
}
