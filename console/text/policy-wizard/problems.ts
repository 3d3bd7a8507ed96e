/** What keeps a policy from being saved, at the field that it is about. */
export const problems = {
  name: 'Give it a name of 1 to 200 characters.',
  selector: 'Say which VMs: by pool, tag, name or one by one.',
  retention: 'Choose at least one rule; otherwise nothing says what is kept.',
  count: 'A whole number, 1 or more.',
  script:
    'The name of a program of the gateway: small letters, digits and hyphens, 50 characters at most.',
  diskRule: 'Say which disks: by name, by number or by size.',
  notify: 'Choose what is told, and to whom.',
  other: (message: string) => `This cannot be saved: ${message}`,
} as const
