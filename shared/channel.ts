/** The only socket the core knows: text out, and an end. What comes in is handed to its owner. */
export interface Channel {
  send(text: string): void;
  close(code: number, reason: string): void;
}
