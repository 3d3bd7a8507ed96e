/** How the person at this browser proves who they are: one machine's password, or Cognito. */
export interface Session {
  /** The `Authorization` header of one call; undefined where nobody is signed in. */
  authorization(): Promise<string | undefined>
  /** The API has refused what `authorization` gave: it is asked for no more. */
  ended(): void
  /** Forgets who was signed in, here and where that is kept; the page starts anew. */
  signOut(): Promise<void>
  /** What people do to sign in: type a password here, or be sent to a page that asks for it. */
  readonly signIn:
    | { kind: 'password'; withPassword: (password: string) => Promise<void> }
    | { kind: 'redirect'; go: (back: string) => Promise<void> }
}
