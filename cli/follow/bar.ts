/** @returns a bar `width` characters wide for a share of 0 to 1 */
export const bar = (share: number, width: number, { unicode }: { unicode: boolean }): string => {
  const [full, empty] = unicode ? ['█', '░'] : ['#', '-']
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width)
  return full.repeat(filled) + empty.repeat(width - filled)
}

/** @returns whether the terminal's locale says that it draws more than ASCII (POSIX: LC_ALL over LC_CTYPE over LANG) */
export const speaksUnicode = (env: NodeJS.ProcessEnv): boolean =>
  /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || '')
