// The parts that tests hand to the suite: the real server, and a receiver.

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
  /** The kind of database that the servers store in; shown in test titles. */
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
