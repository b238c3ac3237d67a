// The standard streams of a program that was started without one.
#pragma once

namespace byteformer {

// Puts something in the place of each stream that is closed. Else its number would go to the next
// file that is opened, and what is said would be written into that. Reading and writing fail as
// before; what goes to stderr is lost.
void fill_closed_streams();

}  // namespace byteformer
