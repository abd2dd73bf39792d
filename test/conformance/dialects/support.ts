// What the suite wants to be handed: the real server, and a receiver. Tests bring them, because what is shipped never
// imports what tests it.

export interface ReceivedRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
  readonly receivedAt: number
}

export interface Behaviour {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
}

export interface Installation {
  readonly folder: string
  readonly operatorKey: string
  readonly masterKey: string
  remove(): Promise<void>
}

export interface Support {
  /** What the servers store in. */
  readonly database: string
  createInstallation(): Promise<Installation>
  startServer(
    installation: Installation,
    env: Readonly<Record<string, string>>,
  ): Promise<{ readonly url: string; stop(): Promise<void> }>
  startReceiver(options: { readonly behave: (request: ReceivedRequest) => Behaviour }): Promise<{
    readonly url: string
    readonly requests: readonly ReceivedRequest[]
    close(): Promise<void>
  }>
}
