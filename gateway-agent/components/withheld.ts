/** Keys of a PBD's device_config that name a secret: `chappassword`, `incoming_chappassword`, `cifspassword`, `cifspassword_secret` … */
const SECRET_KEY = /pass|secret|token|credential|pwd|private|key/i
/** Values that carry one: mount options, addresses with a user in them. */
const SECRET_VALUE = /(pass(word|wd)?|secret|pwd)\s*=|:\/\/[^/\s@]*:[^/\s@]*@/i

/** @returns the settings without secrets, and the names of those left out */
export const withoutSecrets = (
  config: Record<string, string>,
): { deviceConfig: Record<string, string>; withheld: string[] } => {
  const entries = Object.entries(config)
  const isSecret = ([key, value]: [string, string]) =>
    SECRET_KEY.test(key) || SECRET_VALUE.test(value)
  return {
    deviceConfig: Object.fromEntries(entries.filter(entry => !isSecret(entry))),
    withheld: entries.filter(isSecret).map(([key]) => key),
  }
}
