// The name of an HTML entity, with & and ; ("&nbsp;", "&#8211;"), in; its characters out, empty where it has none.
#pragma once

#include <string>
#include <string_view>

namespace tramontane {

std::string decodedEntity(std::string_view entity);

} // namespace tramontane
